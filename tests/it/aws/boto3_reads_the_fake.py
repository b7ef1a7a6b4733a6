"""Reads everything that the fake of AWS serves with an independent client, and asks for what it must refuse.

The world is made in tests.rs beside this file. Any failed assertion ends with a traceback and a status that is not 0.
"""

import datetime
import sys
import time

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

MEMBER, ORPHAN, CLOSED = "222222222222", "333333333333", "444444444444"
CKS = "AWSServiceRoleForKeyManagementServiceCustomKeyStores"
TASK = f"task/aws-service-role/cks.kms.amazonaws.com/{CKS}/"
ONCE = Config(retries={"max_attempts": 0}, parameter_validation=False)


def refused(code, call, **parameters):
    try:
        answer = call(**parameters)
    except ClientError as error:
        assert error.response["Error"]["Code"] == code, (code, error.response)
        assert error.response["ResponseMetadata"]["RequestId"], error.response
        return error.response
    raise AssertionError(f"{code} was expected: {answer}")


def enter(account, **more):
    arn = f"arn:aws:iam::{account}:role/roletrail-reader"
    parameters = {"RoleArn": arn, "RoleSessionName": "boto", "ExternalId": "our-secret", **more}
    return boto3.client("sts", config=ONCE).assume_role(**parameters)


def session_of(account):
    keys = enter(account)["Credentials"]
    assert keys["Expiration"] > datetime.datetime.now(datetime.timezone.utc)
    return boto3.Session(keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"])


def client(session, service, region="eu-west-1"):
    return session.client(service, region_name=region, config=ONCE)


def sts():
    hub = boto3.client("sts", config=ONCE)
    assert hub.get_caller_identity()["Account"] == "111111111111"
    me = client(session_of(MEMBER), "sts").get_caller_identity()
    assert (me["Account"], me["Arn"]) == (MEMBER, f"arn:aws:sts::{MEMBER}:assumed-role/roletrail-reader/boto")
    for account, more in [(MEMBER, {"ExternalId": "wrong"}), (CLOSED, {}), ("999999999999", {})]:
        refused("AccessDenied", lambda: enter(account, **more))
    refused("ValidationError", lambda: enter(MEMBER, DurationSeconds=60))
    stranger = boto3.Session("ASIA0000000000000001", "x", "not the token")
    refused("InvalidClientTokenId", client(stranger, "sts").get_caller_identity)
    refused("UnrecognizedClientException", client(stranger, "kms").list_keys)


def organizations():
    pages = list(boto3.client("organizations", config=ONCE).get_paginator("list_accounts").paginate(MaxResults=2))
    accounts = [account for page in pages for account in page["Accounts"]]
    assert pages[0]["Accounts"] == [] and "NextToken" in pages[0]
    assert {account["Id"]: account["State"] for account in accounts}[CLOSED] == "SUSPENDED"
    assert len(accounts) == 4 and accounts[0]["Status"] == "ACTIVE", accounts
    refused("AccessDeniedException", client(session_of(MEMBER), "organizations", "us-east-1").list_accounts)
    refused("InvalidInputException", boto3.client("organizations", config=ONCE).list_accounts, MaxResults=21)


def regions():
    account = client(session_of(MEMBER), "account")
    found = [r for page in account.get_paginator("list_regions").paginate(MaxResults=2) for r in page["Regions"]]
    status = {region["RegionName"]: region["RegionOptStatus"] for region in found}
    assert status == {"us-east-1": "ENABLED_BY_DEFAULT", "eu-west-1": "ENABLED_BY_DEFAULT", "me-central-1": "DISABLED"}
    off = account.list_regions(RegionOptStatusContains=["DISABLED"])["Regions"]
    assert [region["RegionName"] for region in off] == ["me-central-1"]
    refused("ValidationException", account.list_regions, AccountId=MEMBER)
    refused("ValidationException", account.list_regions, MaxResults=51)
    refused("UnrecognizedClientException", client(session_of(MEMBER), "kms", "me-central-1").list_keys)
    refused("InvalidClientTokenId", client(session_of(MEMBER), "sts", "me-central-1").get_caller_identity)


def iam():
    iam = client(session_of(MEMBER), "iam", "us-east-1")
    role = iam.get_role(RoleName=CKS)["Role"]
    service = {"Effect": "Allow", "Principal": {"Service": "cks.kms.amazonaws.com"}, "Action": "sts:AssumeRole"}
    assert role["AssumeRolePolicyDocument"] == {"Version": "2012-10-17", "Statement": [service]}, role
    assert role["Path"] == "/aws-service-role/cks.kms.amazonaws.com/" and role["RoleLastUsed"] == {}, role
    assert role["Arn"] == f"arn:aws:iam::{MEMBER}:role/aws-service-role/cks.kms.amazonaws.com/{CKS}"
    listed = iam.list_roles(PathPrefix="/aws-service-role/")["Roles"]
    assert [r["RoleName"] for r in listed] == [CKS, "AWSServiceRoleForCloudHSM"] and "RoleLastUsed" not in listed[0]
    pages = list(iam.get_paginator("list_roles").paginate(PaginationConfig={"PageSize": 1}))
    assert [page["IsTruncated"] for page in pages] == [True, False]
    assert iam.list_roles(PathPrefix="/elsewhere/")["Roles"] == []
    [policy] = iam.list_attached_role_policies(RoleName=CKS)["AttachedPolicies"]
    assert policy["PolicyName"] == "AWSKeyManagementServiceCustomKeyStoresServiceRolePolicy"
    assert iam.get_policy(PolicyArn=policy["PolicyArn"])["Policy"]["DefaultVersionId"] == "v2"
    for version, actions in [("v1", 7), ("v2", 10)]:
        text = iam.get_policy_version(PolicyArn=policy["PolicyArn"], VersionId=version)["PolicyVersion"]["Document"]
        assert len(text["Statement"][0]["Action"]) == actions
    assert iam.list_role_policies(RoleName=CKS)["PolicyNames"] == ["extra"]
    assert iam.get_role_policy(RoleName=CKS, PolicyName="extra")["PolicyDocument"]["Statement"] == []
    assert iam.list_role_tags(RoleName=CKS)["Tags"] == []
    refused("NoSuchEntity", iam.get_role, RoleName="absent")
    refused("NoSuchEntity", iam.get_policy_version, PolicyArn=policy["PolicyArn"], VersionId="v9")
    refused("ValidationError", iam.list_roles, MaxItems=1001)
    refused("ValidationError", iam.list_roles, Marker="unknown")
    refused("InvalidAction", iam.list_users)
    deletions(iam)


def deletions(iam):
    status = iam.get_service_linked_role_deletion_status
    assert status(DeletionTaskId=TASK + "running")["Status"] == "IN_PROGRESS"
    assert status(DeletionTaskId=TASK + "done")["Status"] == "SUCCEEDED"
    failed = status(DeletionTaskId=TASK + "failed")
    usage = [{"Region": "eu-west-1", "Resources": ["arn:aws:kms:eu-west-1:222222222222:key/k"]}]
    assert (failed["Status"], failed["Reason"]["RoleUsageList"]) == ("FAILED", usage), failed
    refused("NoSuchEntity", status, DeletionTaskId=TASK + "unknown")


def stores():
    member = session_of(MEMBER)
    kms = client(member, "kms")
    pages = list(kms.get_paginator("describe_custom_key_stores").paginate(PaginationConfig={"PageSize": 1}))
    found = [store for page in pages for store in page["CustomKeyStores"]]
    assert [store["CustomKeyStoreType"] for store in found] == ["AWS_CLOUDHSM", "EXTERNAL_KEY_STORE"]
    assert isinstance(found[0]["CreationDate"], datetime.datetime)
    kms = client(member, "kms", "us-east-1")
    assert kms.describe_custom_key_stores()["CustomKeyStores"] == []
    refused("CustomKeyStoreNotFoundException", kms.describe_custom_key_stores, CustomKeyStoreId="cks-none")
    both = {"CustomKeyStoreId": "cks-1", "CustomKeyStoreName": "store"}
    refused("ValidationException", kms.describe_custom_key_stores, **both)
    refused("InvalidMarkerException", kms.describe_custom_key_stores, Marker="unknown")
    refused("ValidationException", kms.list_keys, Limit=1001)
    refused("UnknownOperationException", kms.list_aliases)
    keys = [k for p in client(member, "kms").get_paginator("list_keys").paginate(Limit=1) for k in p["Keys"]]
    assert [key["KeyId"] for key in keys] == ["key-1", "key-2"]
    clusters = client(member, "cloudhsmv2").describe_clusters(Filters={"states": ["ACTIVE"]})["Clusters"]
    assert [cluster["ClusterId"] for cluster in clusters] == ["cluster-1a23b4cdefg"]
    refused("CloudHsmInvalidRequestException", client(member, "cloudhsmv2").describe_clusters, MaxResults=26)
    refused("ThrottlingException", lambda: [client(member, "kms").describe_custom_key_stores() for _ in range(30)])


def trails():
    trail = client(session_of(MEMBER), "cloudtrail")
    [described] = trail.describe_trails()["trailList"]
    assert described["IsMultiRegionTrail"] and described["HomeRegion"] == "us-east-1"
    assert trail.describe_trails(includeShadowTrails=False)["trailList"] == []
    assert trail.get_trail_status(Name=described["TrailARN"])["IsLogging"] is True
    selectors = trail.get_event_selectors(TrailName=described["TrailARN"])["EventSelectors"]
    assert selectors[0]["ReadWriteType"] == "All"
    refused("TrailNotFoundException", trail.get_trail_status, Name="absent")
    assert trail.list_public_keys()["PublicKeyList"] == []


def lookups():
    trail = client(session_of(MEMBER), "cloudtrail")
    pages = list(trail.get_paginator("lookup_events").paginate(PaginationConfig={"PageSize": 2}))
    events = [event for page in pages for event in page["Events"]]
    assert [event["EventId"] for event in events] == ["e-3", "e-2", "e-1"], events
    assert events[0]["ReadOnly"] == "true" and events[0]["CloudTrailEvent"].startswith("{")
    found(trail, "EventName", "DeleteCustomKeyStore", ["e-2"])
    found(trail, "Username", "alice", ["e-2", "e-1"])
    other = client(session_of(MEMBER), "cloudtrail", "us-east-1")
    assert other.lookup_events()["Events"] == []
    at = events[1]["EventTime"]
    attributes = [{"AttributeKey": "Username", "AttributeValue": name} for name in "ab"]
    patient(other, "InvalidLookupAttributesException", LookupAttributes=attributes)
    patient(other, "InvalidTimeRangeException", StartTime=at, EndTime=at - datetime.timedelta(1))
    patient(other, "InvalidMaxResultsException", MaxResults=51)
    patient(other, "InvalidNextTokenException", NextToken="unknown")
    first = insistent(trail, MaxResults=1)
    patient(trail, "InvalidNextTokenException", MaxResults=1, NextToken=first["NextToken"], StartTime=at)
    assert [event["EventId"] for event in insistent(trail, StartTime=at, EndTime=at)["Events"]] == ["e-2"]
    refused("ThrottlingException", lambda: [trail.lookup_events() for _ in range(20)])


def found(trail, key, value, ids):
    answer = insistent(trail, LookupAttributes=[{"AttributeKey": key, "AttributeValue": value}])
    assert [event["EventId"] for event in answer["Events"]] == ids, answer


def insistent(trail, **parameters):
    """Asks until it is let in: two calls a second are."""
    while True:
        try:
            return trail.lookup_events(**parameters)
        except ClientError as error:
            if error.response["Error"]["Code"] != "ThrottlingException":
                raise
            time.sleep(0.2)


def patient(trail, code, **parameters):
    refused(code, insistent, trail=trail, **parameters)


for part in [sts, organizations, regions, iam, stores, trails, lookups]:
    print(part.__name__, file=sys.stderr)
    part()
