"""The coupon that the Locust files ask for: made when a test starts, recounted when it stops.

Settings, by environment: TOTAL_QUANTITY (500 if not set), ADMIN_API_KEY (needed if the service has a key).
"""

import os
import sys
import time

import requests
from locust import events
from locust.runners import WorkerRunner

TOTAL_QUANTITY = int(os.environ.get("TOTAL_QUANTITY", "500"))


def stands_while_the_test_runs(coupon_id):
    """Coupon `coupon_id` is there before the first user asks; when the test stops, its units are recounted."""

    @events.test_start.add_listener
    def create(environment, **_):
        if not isinstance(environment.runner, WorkerRunner):
            put(environment.host, coupon_id)

    @events.test_stop.add_listener
    def verify(environment, **_):
        if not isinstance(environment.runner, WorkerRunner):
            _, wrong = recount(environment.host, coupon_id)
            pronounce(environment, coupon_id, wrong)


def put(host, coupon_id):
    """Coupon `coupon_id` stands afterwards. One that stood before is left as it is."""
    status, body = call(host, "PUT", f"/coupons/{coupon_id}", policy())
    if status not in (200, 201, 409):
        sys.exit(f"coupon {coupon_id} could not be created: {status} {body}")


def create(host):
    """The id of a new coupon that nobody has asked for yet."""
    status, body = call(host, "POST", "/coupons", policy())
    if status != 201:
        sys.exit(f"no coupon could be created: {status} {body}")
    return body["couponId"]


def recount(host, coupon_id, within_s=30.0):
    """The coupon's own status, and a list of everything in the read model that contradicts it.

    The read model runs after the coupon, so it gets `within_s` seconds to say the same.
    """
    deadline = time.monotonic() + within_s
    while True:
        status = read(host, f"/coupons/{coupon_id}/status")
        issued = status["issuedQuantity"]
        coupons = read(host, f"/coupons?after={coupon_id - 1}&limit=1").get("items", [])
        projected = coupons[0]["issuedQuantity"] if coupons and coupons[0]["couponId"] == coupon_id else 0
        if projected == issued or time.monotonic() > deadline:
            break
        time.sleep(0.1)

    issues = list(read_issues(host, coupon_id))
    print(
        f"coupon {coupon_id}: {issued} issued of {status['totalQuantity']}, "
        f"read model: issuedQuantity {projected}, {len(issues)} rows"
    )

    wrong = []
    if status["totalQuantity"] is not None and issued > status["totalQuantity"]:
        wrong.append(f"{issued} issued of {status['totalQuantity']}")
    if projected != issued:
        wrong.append(f"read model: issuedQuantity {projected}, not {issued}")
    if [issue["ticket"] for issue in issues] != list(range(1, issued + 1)):
        wrong.append(f"read model: the tickets are not 1 to {issued} without a hole")
    if len({issue["userId"] for issue in issues}) != len(issues):
        wrong.append("read model: a user holds two")
    return status, wrong


def pronounce(environment, coupon_id, wrong):
    """Prints the verdict. If anything is wrong, the process will exit with 1."""
    if wrong:
        environment.process_exit_code = 1
    print(f"coupon {coupon_id}: " + ("WRONG: " + "; ".join(wrong) if wrong else "exact"))


def policy():
    return {
        "title": "load test",
        "totalQuantity": TOTAL_QUANTITY,
        "discountAmount": 1000,
        "minAvailableAmount": 10000,
        "dateIssueStart": "2020-01-01T00:00:00Z",
        "dateIssueEnd": "2100-01-01T00:00:00Z",
    }


def read_issues(host, coupon_id):
    """Every unit of the coupon that the read model has, by ticket."""
    after = 0
    while after is not None:
        page = read(host, f"/coupons/{coupon_id}/issues?after={after}&limit=1000")
        yield from page.get("items", [])
        after = page.get("next")


def read(host, path):
    """What stands under `path`; nothing if it is not there, or not in the read model yet."""
    status, body = call(host, "GET", path)
    if status == 404:
        return {}
    if status != 200:
        raise RuntimeError(f"GET {path}: {status} {body}")
    return body


def call(host, method, path, body=None):
    """(status, body) of one call."""
    # Not urllib: it closes each connection, and a service without a key takes that for a proxy.
    headers = {"X-Api-Key": os.environ["ADMIN_API_KEY"]} if "ADMIN_API_KEY" in os.environ else {}
    answer = requests.request(method, host.rstrip("/") + path, json=body, headers=headers, timeout=10)
    return answer.status_code, answer.json() if answer.content else {}
