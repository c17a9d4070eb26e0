-- What wrk sends and reports: one request over and over, or one with numbers in it that never come twice.
--
-- Arguments behind `--`: METHOD PATH [BODY FIRST TENANT MEMBERS STEP]. In PATH and BODY stand for the number of the request,
-- counted from FIRST: {n} itself, {group} and {user} an id of the tenant, {members} a hundred memberships of it.
-- At the end one line of JSON goes to standard output, after wrk's own report.

local threads = 0

function setup(thread)
  thread:set("thread_number", threads)
  threads = threads + 1
  thread:set("thread_count", 0)
  all = all or {}
  table.insert(all, thread)
  for _, other in ipairs(all) do
    other:set("thread_count", threads)
  end
end

-- This and `member` below are as `bench.id` and `bench.member` in data/functions.sql.
local function id(kind, number)
  return string.format("01900000-%04x-7000-8000-%012x", kind, number)
end

function init(arguments)
  local method, path, body = arguments[1], arguments[2], arguments[3]
  wrk.method, wrk.path = method, path
  if body == nil then
    return
  end
  wrk.headers["Content-Type"] = "application/json"
  local next_number = tonumber(arguments[4]) + thread_number
  local tenant, members, step = tonumber(arguments[5]), tonumber(arguments[6]), tonumber(arguments[7])
  local number
  local function member(place)
    return place * step + tenant
  end
  local values = {
    n = function() return tostring(number) end,
    user = function() return id(3, member(2 + number % (members - 1))) end,
    group = function() return id(5, 1 + number) end,
    members = function()
      local first, list = number * 100 % members, {}
      for i = 1, 100 do
        list[i] = '{"userTenantId":"' .. id(4, member(first + i)) .. '"}'
      end
      return table.concat(list, ",")
    end,
  }
  local function fill(text)
    return (text:gsub("{(%l+)}", function(name) return values[name] and values[name]() end))
  end
  function request()
    number = next_number
    next_number = next_number + thread_count
    return wrk.format(method, fill(path), nil, fill(body))
  end
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '\n{"requests":%d,"microseconds":%d,"bytes":%d,"refused":%d,"broken":%d,"timeouts":%d,"mean":%.1f,"p50":%d,"p99":%d,"longest":%d}\n',
    summary.requests, summary.duration, summary.bytes, errors.status, errors.connect + errors.read + errors.write,
    errors.timeout, latency.mean, latency:percentile(50), latency:percentile(99), latency.max))
end
