-- Every request is a new user's. The same script, headers and body length for every case, so that the driver
-- costs the same; no response() callback, which would cost more than all the rest.
--
-- wrk ... -s issue.lua URL -- block=BLOCK [coupons=COUNT | coupon=ID | product=ID] [times=TIMES]
-- With coupons, each request goes to one of the coupons 1 … COUNT, at random, and not to the URL's.
-- With coupon, the body names it: {"couponId":ID,"userId":…}.
-- With product, it is an order of one of it: {"productId":ID,"quantity":1,"userId":…}.
-- With times, each user asks so often in a row, over several connections at once.
-- A user id has twelve digits: three for the block (BLOCK + the thread's number), nine from the counter.
-- Two runs that share a coupon take different blocks.

local threads = 0

function setup(thread)
  thread:set("number", threads)
  threads = threads + 1
end

-- A step that shares no factor with the count visits each of the 10^8 ids once, and not in order, as users come.
local STEP, COUNT = 61803399, 100000000
local head, user = "", 0
local asked, times = 0, 1
local heads, coupons = {}, 0

function init(args)
  wrk.method = "POST"
  wrk.headers["Content-Type"] = "application/json"
  local given = {}
  for _, arg in ipairs(args) do
    local key, value = arg:match("^(%w+)=(%d+)$")
    given[key] = tonumber(value)
  end
  local before = given.coupon and '{"couponId":' .. given.coupon .. ',"userId":' or '{"userId":'
  if given.product then before = '{"productId":' .. given.product .. ',"quantity":1,"userId":' end
  local body = before .. '123456789012}'
  local function head_of(path)
    return wrk.format(nil, path, nil, body):sub(1, -#body - 1) .. before .. (given.block + number)
  end
  head = head_of(nil)
  times = given.times or 1
  coupons = given.coupons or 0
  for coupon = 1, coupons do
    heads[coupon] = head_of("/coupons/" .. coupon .. "/issues")
  end
end

function request()
  if asked % times == 0 then user = (user + STEP) % COUNT end
  asked = asked + 1
  return (coupons > 0 and heads[math.random(coupons)] or head) .. (COUNT + user) .. "}"
end

function done(summary, latency)
  local e = summary.errors
  print(string.format(
    '{"requests":%d,"seconds":%.6f,"bytes":%d,"p50_ms":%.3f,"p99_ms":%.3f,"non_2xx":%d,"socket_errors":%d}',
    summary.requests, summary.duration / 1e6, summary.bytes, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3,
    e.status, e.connect + e.read + e.write + e.timeout))
end
