import random

import coupon
from locust import FastHttpUser, task

coupon.stands_while_the_test_runs(coupon_id=1)


class IssueAsyncV1(FastHttpUser):
    connection_timeout = 10.0
    network_timeout = 10.0

    @task
    def issue(self):
        payload = {"userId": random.randint(1, 10_000_000), "couponId": 1}
        self.client.post("/v1/issue-async", json=payload)
