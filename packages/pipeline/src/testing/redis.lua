-- The part of Redis that the pipeline uses, in Lua, so that a simulation runs without a server: hashes, sets, lists and
-- strings, in the order of insertion as small ones have it there. Loaded once into an engine of its own.
-- `run(sha, keys, request)` runs a script that `define(sha, text)` has compiled; request is its keys and arguments.

local data = {} -- key -> { kind, ... }
local scripts = {}

local function fail(message)
  error({ redis = message }, 0)
end

-- Redis turns a number into text as %.17g does; Lua 5.4 would write 3.0 for the float 3.
local function text(value)
  if type(value) == 'number' then
    if value == math.floor(value) then return string.format('%d', value) end
    return string.format('%.17g', value)
  end
  return value
end

local function entry(key, kind, make)
  local found = data[key]
  if found and found.kind ~= kind then fail('WRONGTYPE ' .. key) end
  if not found and make then
    local named = kind == 'hash' or kind == 'set' or kind == 'zset'
    found = named and { kind = kind, names = {}, values = {} } or { kind = kind, items = {} }
    data[key] = found
  end
  return found
end

local function hashSet(hash, name, value)
  if hash.values[name] == nil then hash.names[#hash.names + 1] = name end
  hash.values[name] = value
end

local function hashDelete(key, hash, name)
  if not hash or hash.values[name] == nil then return 0 end
  hash.values[name] = nil
  for i, known in ipairs(hash.names) do
    if known == name then
      table.remove(hash.names, i)
      break
    end
  end
  if #hash.names == 0 then data[key] = nil end
  return 1
end

local function range(items, from, to)
  from, to = tonumber(from), tonumber(to)
  if from < 0 then from = math.max(0, #items + from) end
  if to < 0 then to = #items + to end
  local found = {}
  for i = from + 1, math.min(to + 1, #items) do found[#found + 1] = items[i] end
  return found
end

local commands = {}

function commands.HGET(key, name)
  local hash = entry(key, 'hash')
  return hash and hash.values[name] or false
end

function commands.HMGET(key, ...)
  local hash, found = entry(key, 'hash'), {}
  for i, name in ipairs({ ... }) do found[i] = hash and hash.values[name] or false end
  return found
end

function commands.HGETALL(key)
  local hash, found = entry(key, 'hash'), {}
  for _, name in ipairs(hash and hash.names or {}) do
    found[#found + 1] = name
    found[#found + 1] = hash.values[name]
  end
  return found
end

function commands.HKEYS(key)
  local hash, found = entry(key, 'hash'), {}
  for i, name in ipairs(hash and hash.names or {}) do found[i] = name end
  return found
end

function commands.HLEN(key)
  local hash = entry(key, 'hash')
  return hash and #hash.names or 0
end

function commands.HEXISTS(key, name)
  local hash = entry(key, 'hash')
  return hash and hash.values[name] ~= nil and 1 or 0
end

function commands.HSET(key, ...)
  local hash, fields = entry(key, 'hash', true), { ... }
  for i = 1, #fields, 2 do hashSet(hash, fields[i], fields[i + 1]) end
  return #fields / 2
end

function commands.HSETNX(key, name, value)
  local hash = entry(key, 'hash', true)
  if hash.values[name] ~= nil then return 0 end
  hashSet(hash, name, value)
  return 1
end

function commands.HINCRBY(key, name, by)
  local hash = entry(key, 'hash', true)
  local sum = math.tointeger(tonumber(hash.values[name] or '0')) + math.tointeger(tonumber(by))
  hashSet(hash, name, text(sum))
  return sum
end

function commands.HDEL(key, ...)
  local count = 0
  for _, name in ipairs({ ... }) do count = count + hashDelete(key, entry(key, 'hash'), name) end
  return count
end

-- One page holds everything.
function commands.HSCAN(key, _, _, pattern)
  local prefix, page = string.sub(pattern, 1, -2), {}
  local hash = entry(key, 'hash')
  for _, name in ipairs(hash and hash.names or {}) do
    if string.sub(name, 1, #prefix) == prefix then
      page[#page + 1] = name
      page[#page + 1] = hash.values[name]
    end
  end
  return { '0', page }
end

function commands.GET(key)
  local found = entry(key, 'string')
  return found and found.items or false
end

function commands.SET(key, value, ...)
  for _, flag in ipairs({ ... }) do
    if flag == 'NX' and data[key] then return false end
  end
  data[key] = { kind = 'string', items = value }
  return { ok = 'OK' }
end

function commands.INCRBY(key, by)
  local sum = math.tointeger(tonumber(commands.GET(key) or '0')) + math.tointeger(tonumber(by))
  commands.SET(key, text(sum))
  return sum
end

function commands.DECRBY(key, by)
  return commands.INCRBY(key, text(-tonumber(by)))
end

function commands.DEL(...)
  local count = 0
  for _, key in ipairs({ ... }) do
    if data[key] then count = count + 1 end
    data[key] = nil
  end
  return count
end

function commands.EXISTS(...)
  local count = 0
  for _, key in ipairs({ ... }) do count = count + (data[key] and 1 or 0) end
  return count
end

-- Simulated time stands still.
function commands.EXPIRE(key)
  return data[key] and 1 or 0
end

function commands.PERSIST(key)
  return 0
end

function commands.LLEN(key)
  local list = entry(key, 'list')
  return list and #list.items or 0
end

function commands.RPUSH(key, ...)
  local list = entry(key, 'list', true)
  for _, value in ipairs({ ... }) do list.items[#list.items + 1] = value end
  return #list.items
end

function commands.LPUSH(key, ...)
  local list = entry(key, 'list', true)
  for _, value in ipairs({ ... }) do table.insert(list.items, 1, value) end
  return #list.items
end

function commands.LRANGE(key, from, to)
  local list = entry(key, 'list')
  return list and range(list.items, from, to) or {}
end

function commands.LTRIM(key, from, to)
  local list = entry(key, 'list')
  if list then
    list.items = range(list.items, from, to)
    if #list.items == 0 then data[key] = nil end
  end
  return { ok = 'OK' }
end

-- Members of a set stand in the order in which they came, those of a sorted one by their score.
local function add(key, kind, name, value)
  local set = entry(key, kind, true)
  local isNew = set.values[name] == nil
  hashSet(set, name, value)
  return isNew and 1 or 0
end

local function remove(key, kind, ...)
  local count = 0
  for _, name in ipairs({ ... }) do count = count + hashDelete(key, entry(key, kind), name) end
  return count
end

function commands.SADD(key, ...)
  local count = 0
  for _, name in ipairs({ ... }) do count = count + add(key, 'set', name, '') end
  return count
end

function commands.SREM(key, ...)
  return remove(key, 'set', ...)
end

function commands.SMEMBERS(key)
  local set, found = entry(key, 'set'), {}
  for i, name in ipairs(set and set.names or {}) do found[i] = name end
  return found
end

function commands.SISMEMBER(key, name)
  local set = entry(key, 'set')
  return set and set.values[name] ~= nil and 1 or 0
end

function commands.ZADD(key, score, name)
  return add(key, 'zset', name, score)
end

function commands.ZREM(key, ...)
  return remove(key, 'zset', ...)
end

function commands.ZMSCORE(key, ...)
  local set, found = entry(key, 'zset'), {}
  for i, name in ipairs({ ... }) do found[i] = set and set.values[name] or false end
  return found
end

function commands.ZSCORE(key, name)
  return commands.ZMSCORE(key, name)[1]
end

-- All of them, in the order in which they came: nobody asks the simulation for a part.
function commands.ZREVRANGE(key)
  local set, found = entry(key, 'zset'), {}
  for i, name in ipairs(set and set.names or {}) do found[i] = name end
  return found
end

function commands.INFO()
  return 'run_id:simulated'
end

redis = {
  call = function(name, ...)
    local command = commands[string.upper(name)]
    if not command then fail('the simulation knows no command ' .. name) end
    local args = { ... }
    for i = 1, #args do args[i] = text(args[i]) end
    return command(table.unpack(args))
  end,
}
unpack = table.unpack

-- What Redis's own cjson does, for what the scripts store: a table with a first element, or none at all, is a list
-- where it was read as one; an empty table is written as an object, as there.
local ESCAPES = { ['"'] = '\\"', ['\\'] = '\\\\', ['\n'] = '\\n', ['\r'] = '\\r', ['\t'] = '\\t' }

local function encode(value, out)
  local kind = type(value)
  if kind == 'table' then
    if #value > 0 then
      for i, item in ipairs(value) do
        out[#out + 1] = i == 1 and '[' or ','
        encode(item, out)
      end
      out[#out + 1] = ']'
      return
    end
    local opening = '{"'
    for name, item in pairs(value) do
      out[#out + 1] = opening .. name .. '":'
      encode(item, out)
      opening = ',"'
    end
    out[#out + 1] = opening == ',"' and '}' or '{}'
  elseif kind == 'string' then
    out[#out + 1] = '"' .. string.gsub(value, '["\\\n\r\t]', ESCAPES) .. '"'
  elseif kind == 'number' then
    out[#out + 1] = value == math.floor(value) and string.format('%d', value) or string.format('%.14g', value)
  else
    out[#out + 1] = tostring(value)
  end
end

local UNESCAPES = { n = '\n', r = '\r', t = '\t', b = '\b', f = '\f' }

local function decodeAt(json, at)
  local first = string.sub(json, at, at)
  if first == '{' then
    local object = {}
    at = at + 1
    while string.sub(json, at, at) ~= '}' do
      local name, value
      name, at = decodeAt(json, at)
      value, at = decodeAt(json, at + 1)
      object[name] = value
      if string.sub(json, at, at) == ',' then at = at + 1 end
    end
    return object, at + 1
  elseif first == '[' then
    local list = {}
    at = at + 1
    while string.sub(json, at, at) ~= ']' do
      list[#list + 1], at = decodeAt(json, at)
      if string.sub(json, at, at) == ',' then at = at + 1 end
    end
    return list, at + 1
  elseif first == '"' then
    local stop = at + 1
    while true do
      stop = string.find(json, '["\\]', stop)
      if string.sub(json, stop, stop) == '"' then break end
      stop = stop + 2
    end
    local raw = string.sub(json, at + 1, stop - 1)
    if string.find(raw, '\\', 1, true) then
      raw = string.gsub(raw, '\\(.)', function(c) return UNESCAPES[c] or c end)
    end
    return raw, stop + 1
  elseif first == 't' then
    return true, at + 4
  elseif first == 'f' then
    return false, at + 5
  end
  local number = string.match(json, '^-?[%d.eE+-]+', at)
  return math.tointeger(tonumber(number)) or tonumber(number), at + #number
end

local function copy(value)
  if type(value) ~= 'table' then return value end
  local twin = {}
  for name, item in pairs(value) do twin[name] = copy(item) end
  return twin
end

-- What was read once is copied from then on: records are read far more often than they change.
local known, knownCount = {}, 0

cjson = {
  encode = function(value)
    local out = {}
    encode(value, out)
    return table.concat(out)
  end,
  decode = function(json)
    if not known[json] then
      if knownCount > 2000 then known, knownCount = {}, 0 end
      known[json], knownCount = decodeAt(json, 1), knownCount + 1
    end
    return copy(known[json])
  end,
}

local SEPARATOR = '\31'

local function split(request)
  local parts, at = {}, 1
  while true do
    local stop = string.find(request, SEPARATOR, at, true)
    if not stop then
      parts[#parts + 1] = string.sub(request, at)
      return parts
    end
    parts[#parts + 1] = string.sub(request, at, stop - 1)
    at = stop + 1
  end
end

function define(sha, source)
  scripts[sha] = assert(load(source, sha))
end

-- The answer as JSON. Redis has no booleans and cuts the fraction off a number.
function run(sha, keyCount, request)
  KEYS, ARGV = {}, {}
  for i, part in ipairs(split(request)) do
    if i <= keyCount then KEYS[i] = part else ARGV[i - keyCount] = part end
  end
  local answer = scripts[sha]()
  if type(answer) == 'number' then return string.format('%d', answer) end
  return cjson.encode(answer)
end

-- Several commands, one after the other; a list of their answers.
function ask(request)
  local answers = {}
  for line in string.gmatch(request, '[^\30]+') do
    answers[#answers + 1] = cjson.encode(redis.call(table.unpack(split(line))))
  end
  return '[' .. table.concat(answers, ',') .. ']'
end

-- The whole state as text, to look at and to go back to.
function dump()
  return cjson.encode(data)
end

function restore(state)
  data = cjson.decode(state)
  for _, found in pairs(data) do
    found.names = found.names or (found.kind ~= 'list' and found.kind ~= 'string' and {} or nil)
    if found.kind == 'list' then found.items = found.items or {} end
  end
end

function clear()
  data = {}
end
