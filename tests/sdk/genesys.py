"""Pulls from an API with the official SDK of Genesys Cloud, `PureCloudPlatformClientV2`.

The SDK is unmodified, and its gateway setting sends all requests to one base URL. It does not renew a token that expires.
The base URL and the credentials come from arguments or from the environment:

    python genesys.py --base-url http://127.0.0.1:8080 --client-id ID --client-secret SECRET

Every response must fit the SDK's models: it must have no unknown fields, and no unknown values of enumerations. On success,
the last line is `sdk: ok` and the counts. Any difference ends the program with a traceback.
"""

import argparse
import json
import os
import time
from urllib.parse import urlsplit

import PureCloudPlatformClientV2 as sdk
from PureCloudPlatformClientV2.rest import ApiException

INTERVAL = "2026-01-01T00:00:00.000Z/2026-01-08T00:00:00.000Z"
# The SDK's models replace an unknown value of an enumeration by this.
UNKNOWN = "outdated_sdk_version"


def main():
    options = arguments()
    client = connect(options)
    counts = {
        "users": listing(client, sdk.UsersApi(client).get_users, 50),
        "queues": listing(client, sdk.RoutingApi(client).get_routing_queues, 5),
        "skills": listing(client, sdk.RoutingApi(client).get_routing_skills, 5),
        "wrapupcodes": listing(client, sdk.RoutingApi(client).get_routing_wrapupcodes, 5),
        "groups": listing(client, sdk.GroupsApi(client).get_groups, 5),
        "divisions": listing(client, sdk.AuthorizationApi(client).get_authorization_divisions, 2),
        "presences": listing(client, sdk.PresenceApi(client).get_presencedefinitions, 5),
        "definitions": definitions(client),
        "scim": scim_users(client),
        "queried": queried_conversations(client),
        "conversations": conversations(client),
        "statuses": user_statuses(client),
        "audits": audits(client),
    }
    refusal(client)
    print("sdk: ok " + " ".join(f"{name}={count}" for name, count in counts.items()))


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("base-url", "client-id", "client-secret"):
        variable = "GENESYS_" + name.upper().replace("-", "_")
        default = os.environ.get(variable)
        parser.add_argument(f"--{name}", default=default, required=default is None, help=f"or {variable}")
    return parser.parse_args()


def connect(options):
    """A client with a token. The base URL is used for the API and for the login."""
    base = urlsplit(options.base_url)
    client = sdk.api_client.ApiClient()
    client.set_gateway(base.hostname, base.scheme, base.port or -1, "", base.path.rstrip("/"))
    return client.get_client_credentials_token(options.client_id, options.client_secret)


def listing(client, get, size):
    """The number of entities, from pages by number."""
    found, number = [], 1
    while True:
        page = checked(client, get(page_size=size, page_number=number))
        found += page.entities
        assert page.page_number == number and page.page_size == size
        assert (page.next_uri is None) == (number >= page.page_count)
        if page.next_uri is None:
            break
        number += 1
    assert all(entity.id and entity.name and entity.self_uri for entity in found)
    return counted([entity.id for entity in found], page.total)


def definitions(client):
    page = checked(client, sdk.PresenceApi(client).get_presence_definitions())
    return counted([definition.id for definition in page.entities], page.total)


def scim_users(client):
    found, index = [], 1
    while True:
        page = checked(client, sdk.SCIMApi(client).get_scim_v2_users(start_index=index, count=25))
        found += [user.id for user in page.resources]
        index += page.items_per_page
        if index > page.total_results:
            return counted(found, page.total_results)


def queried_conversations(client):
    """The number of conversations that a query finds. The page after the last one has no array, but still the total."""
    found, number = [], 1
    while True:
        query = sdk.ConversationQuery()
        query.interval = INTERVAL
        query.order_by, query.order = "conversationStart", "asc"
        query.paging = sdk.PagingSpec()
        query.paging.page_size, query.paging.page_number = 100, number
        page = checked(client, sdk.AnalyticsApi(client).post_analytics_conversations_details_query(query))
        if page.conversations is None:
            return counted(found, page.total_hits)
        found += [conversation.conversation_id for conversation in page.conversations]
        number += 1


def conversations(client):
    """The number of conversations that a job finds. Some participants must have attributes."""
    api = sdk.AnalyticsApi(client)
    query = sdk.AsyncConversationQuery()
    query.interval = INTERVAL
    job = checked(client, api.post_analytics_conversations_details_jobs(query)).job_id
    assert client.last_response.status == 202
    await_state(client, lambda: api.get_analytics_conversations_details_job(job), "FULFILLED")
    pages = results(client, lambda **at: api.get_analytics_conversations_details_job_results(job, page_size=100, **at))
    records = [record for page in pages for record in page.conversations]
    assert any(participant.attributes for record in records for participant in record.participants)
    available = checked(client, api.get_analytics_conversations_details_jobs_availability())
    assert all(page.data_availability_date == available.data_availability_date for page in pages)
    return counted([record.conversation_id for record in records])


def user_statuses(client):
    api = sdk.AnalyticsApi(client)
    query = sdk.AsyncUserDetailsQuery()
    query.interval = INTERVAL
    job = checked(client, api.post_analytics_users_details_jobs(query)).job_id
    await_state(client, lambda: api.get_analytics_users_details_job(job), "FULFILLED")
    pages = results(client, lambda **at: api.get_analytics_users_details_job_results(job, page_size=50, **at))
    records = [record for page in pages for record in page.user_details]
    assert all(record.primary_presence and record.routing_status for record in records)
    return counted([record.user_id for record in records])


def audits(client):
    api = sdk.AuditApi(client)
    query = sdk.AuditQueryRequest()
    query.interval, query.service_name = INTERVAL, "Routing"
    transaction = checked(client, api.post_audits_query(query)).id
    await_state(client, lambda: api.get_audits_query_transaction_id(transaction), "Succeeded")
    pages = results(client, lambda **at: api.get_audits_query_transaction_id_results(transaction, page_size=25, **at))
    return counted([entry.id for page in pages for entry in page.entities])


def refusal(client):
    """A refusal has the error body of the platform."""
    try:
        sdk.AnalyticsApi(client).get_analytics_conversations_details_job("00000000-0000-4000-8000-000000000000")
    except ApiException as error:
        body = json.loads(error.body)
        assert (error.status, body["status"], body["code"]) == (404, 404, "not.found")
        assert body["message"] and body["contextId"] == error.headers["ININ-Correlation-Id"]
    else:
        raise AssertionError("an unknown job was found")


def await_state(client, poll, done):
    for _ in range(100):
        state = checked(client, poll()).state
        if state == done:
            return
        assert state.upper() in ("QUEUED", "PENDING", "RUNNING"), state
        time.sleep(0.01)
    raise AssertionError("the job did not complete")


def results(client, get):
    """All pages of a job's results."""
    pages = [checked(client, get())]
    while pages[-1].cursor is not None:
        pages.append(checked(client, get(cursor=pages[-1].cursor)))
    return pages


def counted(ids, total=None):
    assert len(set(ids)) == len(ids) and total in (None, len(ids)), (len(set(ids)), len(ids), total)
    return len(ids)


def checked(client, model):
    """Checks that the model contains everything that was received, and returns it."""
    compare(json.loads(client.last_response.data), client.sanitize_for_serialization(model), type(model).__name__)
    return model


def compare(sent, parsed, path):
    assert sent is not None, f"{path} is null"
    assert parsed != UNKNOWN, f"{path} has a value that the SDK does not know: {sent}"
    if isinstance(sent, dict):
        for name, value in sent.items():
            assert name in parsed, f"{path}.{name} is not a field that the SDK knows"
            compare(value, parsed[name], f"{path}.{name}")
    elif isinstance(sent, list):
        assert len(sent) == len(parsed), path
        for value, other in zip(sent, parsed):
            compare(value, other, f"{path}[]")
    elif not isinstance(sent, str):
        assert sent == parsed, f"{path} was {sent} and is {parsed}"


if __name__ == "__main__":
    main()
