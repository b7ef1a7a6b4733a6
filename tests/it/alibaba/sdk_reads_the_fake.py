"""Reads the fake with the official SDK; the argument says which part, or which error is expected of one call."""

import datetime
import os
import sys
import time

import alibabacloud_oss_v2 as oss
from alibabacloud_actiontrail20200706 import client as actiontrail, models as trail_models
from alibabacloud_kms20160120 import client as kms, models as kms_models
from alibabacloud_ram20150501 import client as ram, models as ram_models
from alibabacloud_resourcemanager20200331 import client as directory, models as directory_models
from alibabacloud_sts20150401 import client as sts, models as sts_models
from alibabacloud_tea_openapi.client import Client as Core
from alibabacloud_tea_openapi.utils_models import Config, GlobalParameters, OpenApiRequest, Params
from darabonba.runtime import RuntimeOptions

HUB_ACCOUNT = "1000000000000001"
MEMBER = "1000000000000002"
ROLE = "AliyunServiceRoleForKMSKeyStore"
TASK = f"task/acs-service-role/keystore.kms.aliyuncs.com/{ROLE}/"
FAKE = os.environ["FAKE"]
HUB = (os.environ["ALIBABA_CLOUD_ACCESS_KEY_ID"], os.environ["ALIBABA_CLOUD_ACCESS_KEY_SECRET"], None)


def client(module, keys, region="cn-hangzhou"):
    key, secret, token = keys
    place = GlobalParameters(headers={"x-fake-region": region})
    return module.Client(Config(access_key_id=key, access_key_secret=secret, security_token=token, endpoint=FAKE,
                                protocol="HTTP", region_id=region, global_parameters=place))


def refused(code, call, *arguments):
    try:
        call(*arguments)
    except Exception as error:
        assert getattr(error, "code", None) == code, f"{code}: {error!r} {error}"
        return error
    raise AssertionError(f"{code} did not come")


def enter(account, external_id="our-secret"):
    return client(sts, HUB).assume_role(sts_models.AssumeRoleRequest(
        role_arn=f"acs:ram::{account}:role/roletrail-reader", role_session_name="sdk", external_id=external_id))


def session_of(account):
    keys = enter(account).body.credentials
    return keys.access_key_id, keys.access_key_secret, keys.security_token


def reading():
    assert client(sts, HUB).get_caller_identity().body.identity_type == "RAMUser"
    member = session_of(MEMBER)
    me = client(sts, member).get_caller_identity().body
    assert me.account_id == MEMBER and me.identity_type == "AssumedRoleUser", me
    refused("NoPermission", enter, MEMBER, "another")
    refused("EntityNotExist.Role", enter, "1000000000000004")
    tokens()
    accounts()
    roles(client(ram, member), client(directory, member))
    stores(member)
    clusters(member)
    trails(member)
    lookups(member)
    buckets()


def tokens():
    """Nobody signs this request; what it gives opens the rest."""
    def enter(token):
        return client(sts, HUB).assume_role_with_oidc(sts_models.AssumeRoleWithOIDCRequest(
            role_arn=f"acs:ram::{HUB_ACCOUNT}:role/roletrail-hub", role_session_name="sdk", oidctoken=token,
            oidcprovider_arn=f"acs:ram::{HUB_ACCOUNT}:oidc-provider/cluster"))

    keys = enter("eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJmYWtlIn0.c2lnbmVkLWJ5LWEtZmFrZQ").body.credentials
    me = client(sts, (keys.access_key_id, keys.access_key_secret, keys.security_token)).get_caller_identity().body
    assert me.account_id == HUB_ACCOUNT and me.identity_type == "AssumedRoleUser", me
    refused("AuthenticationFail.OIDCToken.Invalid", enter, "of somebody else")


def accounts():
    hub = client(directory, HUB)
    pages = [hub.list_accounts(directory_models.ListAccountsRequest(page_number=n, page_size=2)).body for n in (1, 2)]
    found = [account.account_id for page in pages for account in page.accounts.account]
    assert found == [MEMBER, "1000000000000003", "1000000000000004"] and pages[0].total_count == 3, found


def roles(ram, directory):
    role = ram.get_role(ram_models.GetRoleRequest(role_name=ROLE)).body.role
    assert role.is_service_linked_role and role.arn == f"acs:ram::{MEMBER}:role/{ROLE.lower()}", role
    assert role.latest_deletion_task.deletion_task_id == TASK + "running"
    [policy] = ram.list_policies_for_role(ram_models.ListPoliciesForRoleRequest(role_name=ROLE)).body.policies.policy
    name = {"policy_name": policy.policy_name, "policy_type": policy.policy_type}
    whole = ram.get_policy(ram_models.GetPolicyRequest(**name)).body
    version = ram.get_policy_version(ram_models.GetPolicyVersionRequest(version_id="v1", **name)).body.policy_version
    assert whole.default_policy_version.policy_document == version.policy_document
    refused("EntityNotExist.Role", ram.get_role, ram_models.GetRoleRequest(role_name="absent"))

    def task(name):
        ask = directory_models.GetServiceLinkedRoleDeletionStatusRequest(deletion_task_id=TASK + name)
        return directory.get_service_linked_role_deletion_status(ask).body

    failed = task("failed")
    [usage] = failed.reason.role_usages.role_usage
    assert failed.status == "FAILED" and usage.region == "cn-hangzhou" and usage.resources.resource, failed
    assert [task("running").status for _ in range(3)] == ["NOT_STARTED", "IN_PROGRESS", "SUCCEEDED"]
    refused("EntityNotExist.Role", ram.get_role, ram_models.GetRoleRequest(role_name=ROLE))


def stores(member):
    service = client(kms, member)
    regions = [region.region_id for region in service.describe_regions().body.regions.region]
    assert regions == ["cn-hangzhou", "cn-beijing", "ap-southeast-1"], regions
    pages = [service.list_kms_instances(kms_models.ListKmsInstancesRequest(page_number=n, page_size=1)).body
             for n in (1, 2)]
    ids = [instance.kms_instance_id for page in pages for instance in page.kms_instances.kms_instance]
    assert ids == ["kst-1", "kst-2"], ids
    shown = service.get_kms_instance(kms_models.GetKmsInstanceRequest(kms_instance_id="kst-2")).body.kms_instance
    assert (shown.product_version, shown.status) == ("3", "Disconnected"), shown
    elsewhere = client(kms, member, "cn-beijing")
    assert elsewhere.list_kms_instances(kms_models.ListKmsInstancesRequest()).body.total_count == 0
    refused("Forbidden.DKMSInstanceNotFound", elsewhere.get_kms_instance,
            kms_models.GetKmsInstanceRequest(kms_instance_id="kst-1"))


def list_clusters(keys):
    """No package of the product's own: its parameters are a form, which the core signs."""
    key, secret, token = keys
    core = Core(Config(access_key_id=key, access_key_secret=secret, security_token=token, endpoint=FAKE,
                       protocol="HTTP", region_id="cn-hangzhou"))
    call = Params(action="ListClusters", version="2023-11-13", protocol="HTTP", pathname="/", method="POST",
                  auth_type="AK", style="RPC", req_body_type="formData", body_type="json")
    ask = OpenApiRequest(body={"CurrentPage": 1, "PageSize": 20, "RegionId": "cn-hangzhou"})
    return core.call_api(call, ask, RuntimeOptions())["body"]


def clusters(member):
    body = list_clusters(member)
    assert body["Clusters"] == [{"ClusterId": "cluster-1", "Status": "INITIALIZED"}] and body["Total"] == 1, body


def trails(member):
    service = client(actiontrail, member)
    regions = service.describe_regions(trail_models.DescribeRegionsRequest()).body.regions.region
    assert regions[0].region_endpoint == "actiontrail.cn-hangzhou.aliyuncs.com"
    [trail] = service.describe_trails(trail_models.DescribeTrailsRequest()).body.trail_list
    assert (trail.event_rw, trail.status) == ("All", "Enable")
    assert service.get_trail_status(trail_models.GetTrailStatusRequest(name=trail.name)).body.is_logging is True
    elsewhere = client(actiontrail, member, "cn-beijing")
    assert elsewhere.describe_trails(trail_models.DescribeTrailsRequest()).body.trail_list == []
    refused("TrailNotFoundException", service.get_trail_status, trail_models.GetTrailStatusRequest(name="absent-one"))


def lookup(service, **parameters):
    """Asks until it is let in: two calls in a second are."""
    attributes = [trail_models.LookupEventsRequestLookupAttribute(key=key, value=value)
                  for key, value in parameters.pop("attributes", [])]
    ask = trail_models.LookupEventsRequest(lookup_attribute=attributes or None, **parameters)
    while True:
        try:
            body = service.lookup_events(ask).body
            return [event["eventId"] for event in body.events], body.next_token
        except Exception as error:
            if error.code != "Throttling.User":
                raise
            time.sleep(0.2)


def lookups(member):
    service = client(actiontrail, member)
    assert lookup(service) == (["e-2", "e-1"], None)
    now = datetime.datetime.now(datetime.timezone.utc)
    window = {"start_time": (now - datetime.timedelta(80)).strftime("%Y-%m-%dT%H:%M:%SZ"),
              "end_time": now.strftime("%Y-%m-%dT%H:%M:%SZ")}
    first, token = lookup(service, max_results="2", direction="FORWARD", **window)
    second, end = lookup(service, max_results="2", direction="FORWARD", next_token=token, **window)
    assert (first, second, end) == (["e-3", "e-1"], ["e-2"], None), (first, second, end)
    both = [("ServiceName", "Kms"), ("EventName", "CreateKey")]
    assert lookup(service, attributes=both, **window)[0] == ["e-1"]
    assert lookup(service, attributes=[("EventName", "createkey")], **window)[0] == []
    assert lookup(client(actiontrail, member, "ap-southeast-1"))[0] == ["e-4"]
    everywhere = [client(actiontrail, member, region) for region in ("cn-hangzhou", "cn-beijing", "ap-southeast-1")]
    refused("Throttling.User", lambda: [s.lookup_events(trail_models.LookupEventsRequest()) for s in everywhere * 2])


def bucket_client(keys):
    settings = oss.config.load_default()
    settings.credentials_provider = oss.credentials.StaticCredentialsProvider(*keys)
    settings.region, settings.endpoint, settings.use_path_style = "cn-hangzhou", f"http://{FAKE}", True
    settings.retry_max_attempts = 1
    return oss.Client(settings)


def buckets():
    service = bucket_client(HUB)
    prefix = "AliyunLogs/Actiontrail/"
    ask = oss.ListObjectsV2Request(bucket="audit-log", prefix=prefix, max_keys=1)
    first = service.list_objects_v2(ask)
    ask.continuation_token = first.next_continuation_token
    second = service.list_objects_v2(ask)
    keys = [entry.key for page in (first, second) for entry in page.contents]
    assert keys == [prefix + "a b+c.gz", prefix + "d.gz"] and first.is_truncated and not second.is_truncated, keys
    assert service.get_object(oss.GetObjectRequest(bucket="audit-log", key=keys[0])).body.read() == b"first"
    assert first.next_continuation_token and second.next_continuation_token is None, second
    listings(service)
    oss_refused("NoSuchKey", service, "absent")
    oss_refused("AccessDenied", bucket_client(session_of(MEMBER)), "elsewhere")


def listings(service):
    """Folders, pages and beginnings, as the paginator of the SDK reads them."""

    def listed(**parameters):
        ask = oss.ListObjectsV2Request(bucket="audit-log", prefix="folders/", **parameters)
        pages = list(service.list_objects_v2_paginator(limit=1).iter_page(ask))
        assert all(page.key_count == len(page.contents or []) + len(page.common_prefixes or []) for page in pages)
        folders = [folder.prefix for page in pages for folder in page.common_prefixes or []]
        return folders, [entry.key for page in pages for entry in page.contents or []]

    odd, plain = "folders/c\x01%é", ["folders/a/1", "folders/a/2", "folders/b/1"]
    assert listed() == ([], [*plain, odd]), listed()
    assert listed(delimiter="/") == (["folders/a/", "folders/b/"], [odd]), listed(delimiter="/")
    assert listed(start_after="folders/a/1") == ([], [*plain[1:], odd])
    assert listed(delimiter="/", start_after="folders/a/2") == (["folders/b/"], [odd])
    whole = service.get_object(oss.GetObjectRequest(bucket="audit-log", key=odd))
    [entry] = service.list_objects_v2(oss.ListObjectsV2Request(bucket="audit-log", prefix=odd)).contents
    assert (whole.body.read(), whole.content_length, whole.etag) == (b"odd", entry.size, entry.etag), entry


def oss_refused(code, service, key):
    try:
        service.get_object(oss.GetObjectRequest(bucket="audit-log", key=key))
    except oss.exceptions.OperationError as error:
        assert error.unwrap().code == code, error
    else:
        raise AssertionError(code)


def refusals():
    key, secret, _ = HUB
    member = session_of(MEMBER)
    wrong, no_token = (key, "wrong" + secret, None), (*member[:2], None)
    for service, ask in [(sts, lambda c: c.get_caller_identity()),
                         (ram, lambda c: c.get_role(ram_models.GetRoleRequest(role_name="a *~+é"))),
                         (kms, lambda c: c.list_kms_instances(kms_models.ListKmsInstancesRequest())),
                         (directory, lambda c: c.list_accounts(directory_models.ListAccountsRequest())),
                         (actiontrail, lambda c: c.lookup_events(trail_models.LookupEventsRequest()))]:
        error = refused("SignatureDoesNotMatch", ask, client(service, wrong))
        assert "server string to sign is:ACS3-HMAC-SHA256" in str(error), error
        refused("InvalidAccessKeyId.NotFound", ask, client(service, ("nobody", secret, None)))
        refused("InvalidSecurityToken.MismatchWithAccessKey", ask, client(service, no_token))
    refused("SignatureDoesNotMatch", list_clusters, wrong)
    refused("InvalidSecurityToken.MismatchWithAccessKey", list_clusters, no_token)
    refused("EntityNotExist.Role", client(ram, HUB).get_role, ram_models.GetRoleRequest(role_name="a *~+é"))
    refused("NoPermission", client(directory, member).list_accounts, directory_models.ListAccountsRequest())
    refused("InvalidApi.NotFound", client(kms, HUB).list_keys, kms_models.ListKeysRequest())
    refused("InvalidRegionId.NotFound", client(kms, HUB, "mars-1").describe_regions)
    too_many = kms_models.ListKmsInstancesRequest(page_size=101)
    refused("InvalidParameter.PageSize", client(kms, HUB).list_kms_instances, too_many)
    oss_refused("SignatureDoesNotMatch", bucket_client((key, "wrong", None)), "elsewhere")
    service = client(actiontrail, member)
    half = trail_models.LookupEventsRequest(start_time="2026-01-01T00:00:00Z")
    refused("InvalidQueryParameter", service.lookup_events, half)
    # The pair is not legal: the second attribute is ignored without a word.
    assert lookup(service, attributes=[("RoleName", ROLE), ("EventName", "CreateKey")])[0] == ["e-2", "e-1"]


def clock():
    refused("InvalidTimeStamp.Expired", client(sts, HUB).get_caller_identity)


part = globals().get(sys.argv[1])
if part:
    part()
else:
    refused(sys.argv[1], client(kms, HUB).describe_regions)
