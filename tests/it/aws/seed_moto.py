"""An organisation in moto: two member accounts, one of them with the role for custom key stores. Prints their ids."""

import json

import boto3

ROLE = "AWSServiceRoleForKeyManagementServiceCustomKeyStores"
PATH = "/aws-service-role/cks.kms.amazonaws.com/"
POLICY = "AWSKeyManagementServiceCustomKeyStoresServiceRolePolicy"
TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "cks.kms.amazonaws.com"}, "Action": "sts:AssumeRole"}
    ],
}

organizations = boto3.client("organizations")
organizations.create_organization(FeatureSet="ALL")
ids = []
for name in ["with-role", "without"]:
    status = organizations.create_account(AccountName=name, Email=f"{name}@example.com")["CreateAccountStatus"]
    ids.append(status["AccountId"])
given = boto3.client("sts").assume_role(RoleArn=f"arn:aws:iam::{ids[0]}:role/any", RoleSessionName="seed")["Credentials"]
iam = boto3.client(
    "iam",
    aws_access_key_id=given["AccessKeyId"],
    aws_secret_access_key=given["SecretAccessKey"],
    aws_session_token=given["SessionToken"],
)
iam.create_role(RoleName=ROLE, Path=PATH, AssumeRolePolicyDocument=json.dumps(TRUST), Tags=[{"Key": "owner", "Value": "hsm"}])
iam.attach_role_policy(RoleName=ROLE, PolicyArn=f"arn:aws:iam::aws:policy/aws-service-role/{POLICY}")
print(json.dumps(ids))
