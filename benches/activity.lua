-- wrk: the newest page of the log of a random user. The users' ids end in a number, as
-- benches/random.rs makes them. DAYBOOK_BENCH_TOKEN has the access token.
local token = os.getenv("DAYBOOK_BENCH_TOKEN") or ""
local headers = { ["Authorization"] = "Bearer " .. token }
local threads = 0

function setup(thread)
   threads = threads + 1
   thread:set("seed", threads)
end

function init()
   math.randomseed(os.time() + seed)
end

function request()
   local user = string.format("019001e9-5c00-7000-8000-1%011d", math.random(0, 19999))
   return wrk.format("GET", "/users/" .. user .. "/activity?limit=50", headers)
end

-- One line for scripts/bench: requests a second, median and 99th percentile in milliseconds.
function done(summary, latency)
   local errors = summary.errors
   local failed = errors.connect + errors.read + errors.write + errors.status + errors.timeout
   io.write(string.format("RESULT %.1f %.3f %.3f\n",
      summary.requests / summary.duration * 1e6,
      latency:percentile(50) / 1e3, latency:percentile(99) / 1e3))
   if failed > 0 then io.write("FAILED " .. failed .. "\n") end
end
