"""Everyone asks for a new coupon of N units (TOTAL_QUANTITY), and one in ten of those who hold one asks again.

In the table an answer stands under what it says. At the end the units are counted.
"""

import random

import coupon
from locust import FastHttpUser, events, task
from locust.runners import MasterRunner, WorkerRunner

ISSUED, DUPLICATE, SOLD_OUT = "issued", "duplicate", "sold out"
MEANING = {
    (201, None): ISSUED,
    (409, "DUPLICATED_COUPON_ISSUE"): DUPLICATE,
    (409, "INVALID_COUPON_ISSUE_QUANTITY"): SOLD_OUT,
}


class Tally:
    """What this process asked for and was told."""

    def __init__(self, coupon_id):
        self.coupon_id = coupon_id
        self.tickets = {}  # user -> ticket, of every 201
        self.holders = []  # the same users, to draw from
        self.answered = set()  # users who were told issued, duplicate or sold out
        self.undecided = 0  # asked, and not told whether it was issued: in flight, time-outs, 503 ISSUE_OUTCOME_UNKNOWN
        self.sold_out = False

    def someone(self):
        if self.holders and random.random() < 0.1:
            return random.choice(self.holders)
        return random.randint(1, 10_000_000)

    def contradiction(self, outcome, user_id, body):
        """Why this answer cannot be true after what was told before, or None."""
        ticket = self.tickets.get(user_id)
        if ticket is None:
            return None
        if outcome == DUPLICATE and body["issue"]["ticket"] == ticket:
            return None
        return f"the holder of ticket {ticket} was told: {outcome} {body.get('issue', body)}"

    def note(self, outcome, user_id, body):
        self.answered.add(user_id)
        if outcome == ISSUED:
            self.tickets[user_id] = body["ticket"]
            self.holders.append(user_id)
        if outcome == SOLD_OUT:
            self.sold_out = True


tally = Tally(None)


class Issues(FastHttpUser):
    connection_timeout = 10.0
    network_timeout = 10.0

    @task
    def issue(self):
        told = tally
        user_id = told.someone()
        held_before = user_id in told.tickets
        told.undecided += 1
        with self.client.post(
            f"/coupons/{told.coupon_id}/issues",
            json={"userId": user_id},
            name="no answer",
            catch_response=True,
        ) as response:
            if response.status_code == 0:
                return
            body = response.json()
            code = body.get("code")
            if code != "ISSUE_OUTCOME_UNKNOWN":
                told.undecided -= 1
            outcome = MEANING.get((response.status_code, code))
            if outcome is None:
                response.request_meta["name"] = f"{response.status_code} {code}"
                response.failure(f"{response.status_code} {code}")
                return
            response.request_meta["name"] = outcome
            contradiction = told.contradiction(outcome, user_id, body) if held_before else None
            if contradiction:
                response.failure(contradiction)
            else:
                response.success()
            told.note(outcome, user_id, body)


@events.init.add_listener
def workers_learn_the_coupon(environment, **_):
    if isinstance(environment.runner, WorkerRunner):
        environment.runner.register_message("coupon", lambda msg, **_: ask_for(msg.data))


def ask_for(coupon_id):
    global tally
    tally = Tally(coupon_id)


@events.test_start.add_listener
def create(environment, **_):
    if isinstance(environment.runner, WorkerRunner):
        return
    ask_for(coupon.create(environment.host))
    if isinstance(environment.runner, MasterRunner):
        environment.runner.send_message("coupon", tally.coupon_id)


@events.test_stop.add_listener
def verify(environment, **_):
    if isinstance(environment.runner, WorkerRunner):
        return
    status, wrong = coupon.recount(environment.host, tally.coupon_id)
    issued, total = status["issuedQuantity"], status["totalQuantity"]
    if isinstance(environment.runner, MasterRunner):
        enough_asked = environment.stats.get(SOLD_OUT, "POST").num_requests > 0
    else:
        enough_asked = tally.sold_out or len(tally.answered) >= total
        told = len(tally.tickets)
        answers = f"{told} times 201, {tally.undecided} times no decision heard"
        print(f"coupon {tally.coupon_id}: {answers}")
        if not told <= issued <= told + tally.undecided:
            wrong.append(f"{answers}, but {issued} are issued")
    if enough_asked and issued != total:
        wrong.append(f"sold out at {issued} of {total}")
    coupon.pronounce(environment, tally.coupon_id, wrong)
