-- wrk: the requests of `make bench`. benches/load.rs says which, by BENCH_KIND:
--
--   get        BENCH_PATH, where {user} is a random user
--   note       a note in the log of a random user
--   complete   an enrollment is completed: the one of each number from BENCH_FROM to BENCH_TO, once
--   login      the administrator logs in
--
-- Users and enrollments have ids that end in a number, as benches/random.rs makes them.
local kind = os.getenv("BENCH_KIND")
local path = os.getenv("BENCH_PATH")
local from, to = tonumber(os.getenv("BENCH_FROM")), tonumber(os.getenv("BENCH_TO"))
local counts = os.getenv("BENCH_COUNT") == "1"
local users = 20000
local note = '{"notes":"The due date was extended for maternity leave, as agreed with her supervisor by e-mail."}'
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
   -- The threads take turns. Past the end there is none: better a 404, which fails the run, than
   -- one that was completed before, which costs less.
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
-- wrk asks here whether answers are looked at at all, which costs.
if counts then function response() end end

-- One line for benches/load.rs: what was done a second, median and 99th percentile in
-- milliseconds, how many were refused, how many failed.
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
