-- wrk: the requests of `make bench`. benches/measure/wrk.rs chooses one by BENCH_KIND:
--
--   get        BENCH_PATH, where {user} is a random user
--   note       adds a note to the log of a random user
--   complete   completes the enrollments from BENCH_FROM to before BENCH_TO, each once
--   login      logs in as the administrator
--
-- Users and enrollments have ids that end in a number, as benches/data/ids.rs makes them.
local kind = os.getenv("BENCH_KIND")
local path = os.getenv("BENCH_PATH")
local from, to = tonumber(os.getenv("BENCH_FROM")), tonumber(os.getenv("BENCH_TO"))
local counts = os.getenv("BENCH_COUNT") == "1"
local users = 20000
local note = '{"notes":"The due date was extended for maternity leave, as agreed with the supervisor by e-mail."}'
local login = '{"email":"learner-20001@example.com","password":"a-password-of-the-benchmark"}'

local headers = { ["Content-Type"] = "application/json" }
if kind ~= "login" then
   headers["Authorization"] = "Bearer " .. (os.getenv("BENCH_TOKEN") or "")
end

local threads = {}

function setup(thread)
   table.insert(threads, thread)
   thread:set("seed", #threads)
end

local function user()
   return string.format("019001e9-5c00-7000-8000-1%011d", math.random(0, users - 1))
end

local make = {}

function make.get()
   local at = path:gsub("{user}", user)
   return wrk.format("GET", at, headers)
end

function make.note()
   return wrk.format("POST", "/users/" .. user() .. "/activity", headers, note)
end

function make.complete()
   -- The threads alternate. Past the end is an id that does not exist: a 404 fails the run, while an
   -- enrollment that is completed already would cost less.
   local number = from + turn * 2 + seed - 1
   turn = turn + 1
   if number >= to then number = 99999999999 end
   local id = string.format("019001e9-5c00-7000-8001-1%011d", number)
   return wrk.format("PUT", "/enrollments/" .. id .. "/completion", headers, '{"method":"earned"}')
end

function make.login()
   return wrk.format("POST", "/auth/login", headers, login)
end

function init()
   math.randomseed(os.time() + seed)
   turn, refused, failed = 0, 0, 0
   request = make[kind]
   if counts then
      response = function(status)
         if status == 503 then refused = refused + 1 elseif status > 399 then failed = failed + 1 end
      end
   end
end

request = make[kind]
-- wrk checks here whether there is a response function: to call it costs time.
if counts then function response() end end

-- One line for benches/measure/wrk.rs: requests a second, median and 99th percentile in
-- milliseconds, requests refused, requests failed.
function done(summary, latency)
   local errors = summary.errors
   local refused, failed = 0, errors.connect + errors.read + errors.write + errors.timeout
   if counts then
      for _, thread in ipairs(threads) do
         refused = refused + thread:get("refused")
         failed = failed + thread:get("failed")
      end
   else
      failed = failed + errors.status
   end
   io.write(string.format("RESULT %.3f %.3f %.3f %d %d\n",
      (summary.requests - refused) / summary.duration * 1e6,
      latency:percentile(50) / 1e3, latency:percentile(99) / 1e3, refused, failed))
end
