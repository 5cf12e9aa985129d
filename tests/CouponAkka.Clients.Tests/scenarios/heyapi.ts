// A first day with the client that hey-api generates: URL KEY COUPON. Prints what it sees.
import { createClient } from "./generated/client";
import { changeCoupon, getCouponStatus, getIssue, issueCoupon, putCoupon, useCoupon } from "./generated";
import type { ChangeRequest, Coupon, CouponStatus, IssueRequest, PolicyRequest, Problem } from "./generated";

declare const process: { argv: string[] };

const [baseUrl, key, id] = process.argv.slice(2);
const couponId = Number(id);
const anyone = createClient({ baseUrl });
const admin = createClient({ baseUrl, auth: () => key });
const body: PolicyRequest = {
    title: "Opening day",
    totalQuantity: 3,
    discountAmount: 1_000,
    minAvailableAmount: 10_000,
    dateIssueStart: "2020-01-01T09:00:00.123+09:00",
    dateIssueEnd: "2100-01-01T00:00:00.456Z",
};

// What must be given, and what may be left out but not be null, the compiler knows.
// @ts-expect-error
const nobody: IssueRequest = {};
// @ts-expect-error
const untitled: ChangeRequest = { title: null };
// @ts-expect-error
const unheardOf: CouponStatus["state"] = "UNHEARD_OF";

const time = (text: string | null) => (text === null ? "never" : new Date(text).toISOString());
const told = (coupon: Coupon) => `${coupon.title}, ${coupon.totalQuantity} units, ${time(coupon.dateIssueStart)} to ${time(coupon.dateIssueEnd)}`;
const refused = (answer: { error?: Problem }): Problem => answer.error ?? fail(`Not refused: ${JSON.stringify(answer)}`);
const answered = <T>(answer: { data?: T; error?: Problem }): T => answer.data ?? fail(JSON.stringify(answer.error));

function fail(why: string): never {
    throw new Error(why);
}

async function main() {
    const coupon = { path: { couponId } };
    const user = (userId: number) => ({ client: anyone, path: { couponId, userId } });

    const keyless = refused(await putCoupon({ client: anyone, ...coupon, body }));
    console.log(`without a key: ${keyless.status} ${keyless.code}`);
    console.log(`created: ${told(answered(await putCoupon({ client: admin, ...coupon, body })))}`);
    console.log(`renamed: ${told(answered(await changeCoupon({ client: admin, ...coupon, body: { title: "Closing day" } })))}`);

    const issued = answered(await issueCoupon({ client: anyone, ...coupon, body: { userId: 7 } }));
    // A number to the compiler, and never digits in a string.
    issued.ticket satisfies number;
    const status = answered(await getCouponStatus({ client: anyone, ...coupon }));
    console.log(`issued: ticket ${issued.ticket}, ${status.state}, ${status.remaining} left, used: ${time(issued.dateUsed)}`);
    const again = refused(await issueCoupon({ client: anyone, ...coupon, body: { userId: 7 } }));
    console.log(`again: ${again.status} ${again.code}, ticket ${again.issue?.ticket}, the same time: ${again.issue?.dateIssued === issued.dateIssued}`);

    const used = answered(await useCoupon({ ...user(7), body: { orderAmount: 20_000 } }));
    const found = answered(await getIssue(user(7)));
    console.log(`used: after it was issued: ${used.dateUsed! >= used.dateIssued}, found so: ${found.dateUsed === used.dateUsed}`);
    answered(await issueCoupon({ client: anyone, ...coupon, body: { userId: 8 } }));
    console.log(`used for no order: ${answered(await useCoupon(user(8))).dateUsed !== null}`);
}

void main();
