-- whyreset: labels records that tell of a reset, by asking `whyreset serve --unix` about them.
-- It needs LuaJIT, as Fluent Bit has it. The settings below were written by `whyreset fluentbit lua`.
local SOCKET = os.getenv("WHYRESET_SOCKET") or "/run/whyreset/whyreset.sock" -- @SOCKET@
local KEY = "whyreset" -- @KEY@
local TEXT = nil -- @TEXT@: the key of the text; nil looks at all strings of a record
local TIMEOUT_MS = tonumber(os.getenv("WHYRESET_TIMEOUT_MS") or "500")
local RETRY_S, RETRY_MOST_S = 0.2, 16
-- A record is asked about only if one of these is in it.
local LITERALS = { -- @LITERALS@
  "onnection reset", "ECONNRESET", "econnreset",
}

local ffi = require("ffi")
ffi.cdef [[
struct whyreset_sockaddr_un { unsigned short family; char path[108]; };
struct whyreset_timeval { long sec; long usec; };
struct whyreset_timespec { long sec; long nsec; };
int socket(int, int, int);
int connect(int, const struct whyreset_sockaddr_un *, unsigned int);
int clock_gettime(int, struct whyreset_timespec *);
int setsockopt(int, int, int, const void *, unsigned int);
long send(int, const void *, size_t, int);
long recv(int, void *, size_t, int);
int close(int);
]]
local C = ffi.C
local AF_UNIX, SOCK_STREAM_CLOEXEC, SOL_SOCKET, RCVTIMEO, SNDTIMEO, NOSIGNAL =
  1, 0x80001, 1, 20, 21, 0x4000
local CHUNK = 65536
local buffer = ffi.new("char[?]", CHUNK)

-- The literals as one automaton (Aho-Corasick): a text is looked at once, however many there are.
local function automaton(literals)
  local size = 1
  for _, literal in ipairs(literals) do size = size + #literal end
  local go = ffi.new("int32_t[?]", size * 256)
  local hit = ffi.new("uint8_t[?]", size)
  local count = 1
  for _, literal in ipairs(literals) do
    local state = 0
    for i = 1, #literal do
      local at = state * 256 + literal:byte(i)
      if go[at] == 0 then
        go[at] = count
        count = count + 1
      end
      state = go[at]
    end
    hit[state] = 1
  end
  local back = ffi.new("int32_t[?]", size)
  local queue, first = {}, 1
  for byte = 0, 255 do
    if go[byte] ~= 0 then queue[#queue + 1] = go[byte] end
  end
  while first <= #queue do
    local state = queue[first]
    first = first + 1
    if hit[back[state]] == 1 then hit[state] = 1 end
    for byte = 0, 255 do
      local at, other = state * 256 + byte, go[back[state] * 256 + byte]
      if go[at] == 0 then
        go[at] = other
      else
        back[go[at]] = other
        queue[#queue + 1] = go[at]
      end
    end
  end
  return go, hit
end

local go, hit = automaton(LITERALS)

local function has_literal(text)
  local bytes, state = ffi.cast("const uint8_t *", text), 0
  for i = 0, #text - 1 do
    state = go[state * 256 + bytes[i]]
    if hit[state] == 1 then return true end
  end
  return false
end

local TEXTS = { "log", "message", "msg", "MESSAGE" }

local function is_of_interest(record)
  if record[KEY] ~= nil then return false end
  if TEXT then return type(record[TEXT]) == "string" and has_literal(record[TEXT]) end
  for i = 1, #TEXTS do
    local text = record[TEXTS[i]]
    if type(text) == "string" then return has_literal(text) end
  end
  for key, value in pairs(record) do -- Merge_Log has put the message's own keys here
    if type(value) == "string" and has_literal(value) then return true end
    if type(key) == "string" and has_literal(key) then return true end
  end
  return false
end

local ESCAPES = { ['"'] = '\\"', ["\\"] = "\\\\", ["\n"] = "\\n", ["\r"] = "\\r", ["\t"] = "\\t" }

local function json_string(text)
  return '"' .. text:gsub('[%z\1-\31"\\]', function(char)
    return ESCAPES[char] or string.format("\\u%04x", char:byte())
  end) .. '"'
end

local function json(value, depth)
  local kind = type(value)
  if kind == "string" then return json_string(value) end
  if kind == "boolean" then return tostring(value) end
  if kind == "number" then
    if value ~= value or value == math.huge or value == -math.huge then return "null" end
    if value == math.floor(value) and math.abs(value) < 1e15 then
      return string.format("%d", value)
    end
    return string.format("%.17g", value)
  end
  if kind ~= "table" or depth > 32 then return "null" end
  local parts = {}
  if #value > 0 then
    for i = 1, #value do parts[i] = json(value[i], depth + 1) end
    return "[" .. table.concat(parts, ",") .. "]"
  end
  for key, each in pairs(value) do
    parts[#parts + 1] = json_string(tostring(key)) .. ":" .. json(each, depth + 1)
  end
  return "{" .. table.concat(parts, ",") .. "}"
end

local clock = ffi.new("struct whyreset_timespec")

local function now()
  C.clock_gettime(1, clock) -- CLOCK_MONOTONIC
  return tonumber(clock.sec) + tonumber(clock.nsec) / 1e9
end

local fd, pending, retry_at, patience = -1, "", 0, RETRY_S

local function shut(why)
  if fd >= 0 then C.close(fd) end
  fd, pending = -1, ""
  if patience == RETRY_S then
    io.stderr:write("[whyreset] records pass without labels: " .. why .. "\n")
  end
  retry_at = now() + patience
  patience = math.min(patience * 2, RETRY_MOST_S)
end

local function open()
  if fd >= 0 then return true end
  if now() < retry_at then return false end
  if #SOCKET > 107 then
    shut("the path of the socket is too long")
    return false
  end
  fd = C.socket(AF_UNIX, SOCK_STREAM_CLOEXEC, 0)
  if fd < 0 then
    shut("no socket")
    return false
  end
  local address = ffi.new("struct whyreset_sockaddr_un")
  address.family = AF_UNIX
  ffi.copy(address.path, SOCKET)
  local limit = ffi.new("struct whyreset_timeval")
  limit.sec = math.floor(TIMEOUT_MS / 1000)
  limit.usec = (TIMEOUT_MS % 1000) * 1000
  C.setsockopt(fd, SOL_SOCKET, RCVTIMEO, limit, ffi.sizeof(limit))
  C.setsockopt(fd, SOL_SOCKET, SNDTIMEO, limit, ffi.sizeof(limit))
  if C.connect(fd, address, ffi.sizeof(address)) ~= 0 then
    shut("nobody listens at " .. SOCKET .. " (errno " .. ffi.errno() .. ")")
    return false
  end
  return true
end

-- The answer to one request, or nil when there is none within the limit.
local function ask(request)
  local sent, size, deadline = 0, #request, now() + TIMEOUT_MS / 1000
  local bytes = ffi.cast("const char *", request)
  while sent < size do
    local n = tonumber(C.send(fd, bytes + sent, size - sent, NOSIGNAL))
    if n <= 0 or now() > deadline then return shut("the server does not read") end
    sent = sent + n
  end
  while true do
    local stop = pending:find("\n", 1, true)
    if stop then
      local answer = pending:sub(1, stop - 1)
      pending = pending:sub(stop + 1)
      if patience ~= RETRY_S then
        patience = RETRY_S
        io.stderr:write("[whyreset] records are labelled again\n")
      end
      return answer
    end
    local n = tonumber(C.recv(fd, buffer, CHUNK, 0))
    if n == 0 then return shut("the server has gone") end
    if n < 0 or now() > deadline then return shut("no answer within " .. TIMEOUT_MS .. " ms") end
    pending = pending .. ffi.string(buffer, n)
  end
end

local function seconds_of(time)
  if type(time) == "table" then return string.format("%d.%09d", time.sec, time.nsec) end
  return string.format("%.9f", time)
end

-- What Fluent Bit calls for each record: 0 leaves it as it is, 2 keeps its time, -1 drops it.
function whyreset(tag, time, record)
  if not is_of_interest(record) or not open() then return 0, time, record end
  local answer = ask('{"tag":' .. json_string(tag) .. ',"ts":' .. seconds_of(time)
    .. ',"record":' .. json(record, 0) .. "}\n")
  if answer == nil or answer == "" then return 0, time, record end
  if answer == "-" then return -1, time, record end
  local mark = {}
  for key, value in answer:gmatch("([^=\t]+)=([^\t]*)") do
    mark[key] = key == "confidence" and tonumber(value) or value
  end
  record[KEY] = mark
  return 2, time, record
end
