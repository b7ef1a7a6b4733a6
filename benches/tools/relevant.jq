# The ids of the records that concern the role of KMS custom key stores: what an expert would write.
def role: "role/aws-service-role/cks.kms.amazonaws.com/AWSServiceRoleForKeyManagementServiceCustomKeyStores";
def name: "AWSServiceRoleForKeyManagementServiceCustomKeyStores";
.Records[]?
| select(
    (.eventSource == "kms.amazonaws.com" and (.eventName | test("^(Create|Connect|Disconnect|Update|Delete)CustomKeyStore$")))
    or ([.userIdentity.sessionContext.sessionIssuer.arn, .requestParameters.roleArn?, .responseElements.role.arn?, .errorMessage]
        | any(.[]; type == "string" and contains(role)))
    or (.requestParameters.roleName? == name and (.eventName | test("^(Get|List)") | not)))
| .eventID
