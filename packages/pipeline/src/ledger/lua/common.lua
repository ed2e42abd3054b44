-- Stands in front of every script of the ledger. All keys of a job carry one hash tag, so they share a slot:
--   1 job   hash    st, ep, paused, mode, nseg, W, S, N, opened, cs, cb, ck, ord, roll, tst, gq, tq, pri, vt, progress; steps: the late ones,
--                 a reference of each that is done under its name, and the generation of its task under q.<name>
--   2 seg   hash    open or ended segment  -> { st, q, lease, by, att, nb }
--   3 bat   hash    untracked batch "s.b"  -> { st, q, lease, frames, sum, ranges = { { f, t, att, solo, ref | gap } } }
--   4 live  hash    the credits: payload holder "s.b" -> { tok, lease, bytes, drop }
--   5 parts list    result parts since the last roll-up
--   6 cks   list    the newest checkpoints
-- A script answers JSON: { a = answer, ..., due = work that the caller must enqueue }.
-- When the connection breaks, the client does not know whether a script ran and sends it again. So every script that
-- commits something answers the same caller as it did before, with what is due.

local JOB, SEG, BAT, LIVE, PARTS, CKS = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6]

local CHECKPOINTS_KEPT = 256
-- So many holders of a segment may die without progress where one failure may be. A file cannot kill the process that
-- has it decoded, because ffmpeg is another one: those that die mostly die of something else.
local DEATHS = 4
-- So often the job makes again what was lost of it. One power cut is one loss; more than these are a disk that cannot be used.
local LOSSES = 20
local NORMAL_PRIORITY = 5

local function get(name)
  return redis.call('HGET', JOB, name)
end

local function int(name)
  return tonumber(redis.call('HGET', JOB, name) or '0')
end

local function set(...)
  redis.call('HSET', JOB, ...)
end

local function load(key, item)
  local raw = redis.call('HGET', key, item)
  return raw and cjson.decode(raw)
end

local function store(key, item, value)
  redis.call('HSET', key, item, cjson.encode(value))
end

local due = {}

-- TAKES_TURNS, which stands before this, names the steps whose tasks take turns by the job's virtual time: `FairClock`.

local function owe(stage, item, q)
  local vt = TAKES_TURNS[stage] and tonumber(get('vt') or '0') or nil
  due[#due + 1] = { stage = stage, item = item, q = q, vt = vt }
end

local function answer(kind, more)
  local result = more or {}
  result.a = kind
  if #due > 0 then result.due = due end
  return cjson.encode(result)
end

local TERMINAL = { succeeded = true, succeeded_with_warnings = true, failed = true, cancelled = true }

-- The job has ended or was never planned, or the caller works for an epoch that is over. Nothing of the caller's
-- work is wanted any more, and no other holder can share its keys, so it may clear them away.
local function gone(ep)
  local found = redis.call('HMGET', JOB, 'st', 'ep')
  return not found[1] or TERMINAL[found[1]] or found[1] == 'cancelling' or found[2] ~= ep
end

-- 1, and one more for every retry.
local function runNumber()
  return tonumber(get('run') or '1')
end

local function paused()
  return get('paused') == '1'
end

-- A batch is behind the cursor: tracked, its record deleted.
local function passed(s, b)
  local cs = int('cs')
  return s < cs or (s == cs and b < int('cb'))
end

-- The stage that a batch in this state waits for.
local function stageOf(batch)
  if batch.st == 'ready' and get('enh') == '1' then return 'enhance' end
  return 'infer'
end

local function oweBatch(k, batch)
  owe(stageOf(batch), k, batch.q)
end

-- The steps after track that the job has, each with those that it comes after.
local function lateSteps()
  local planned = get('steps')
  if planned then return cjson.decode(planned) end
  -- By a process of the version before.
  local steps = { index = {}, finalize = { 'index' } }
  if get('vw') == '1' then steps.cut, steps.look, steps.index = {}, { 'cut' }, { 'look' } end
  if get('ren') == '1' then steps.render, steps.finalize = {}, { 'index', 'render' } end
  return steps
end

local function generationOf(step)
  return 'q.' .. step
end

local function isDone(steps)
  for _, step in ipairs(steps) do
    if not get(step) then return false end
  end
  return true
end

-- Whether a step has all that it comes after, and has left nothing itself.
local function isReady(steps, step)
  return steps[step] and not get(step) and isDone(steps[step])
end

local function settleLate()
  if get('st') ~= 'tracked' then return end
  local steps, ready = lateSteps(), {}
  for step in pairs(steps) do
    if isReady(steps, step) then ready[#ready + 1] = step end
  end
  table.sort(ready)
  for _, step in ipairs(ready) do
    local q = generationOf(step)
    if int(q) == 0 then set(q, 1) end
    owe(step, '', int(q))
  end
end

-- Invariants: opened <= cs + S, lowest first. Track is due exactly when the batch at the cursor is done. The cursor
-- leaves a segment only when the segment has ended and its last batch was tracked, never by a planned count.
local function settle()
  if get('st') ~= 'running' then return end
  local nseg, S = int('nseg'), int('S')
  local cs, cb, opened = int('cs'), int('cb'), int('opened')
  local seg = load(SEG, cs)
  while seg and seg.st == 'ended' and cb >= seg.nb do
    redis.call('HDEL', SEG, cs)
    cs, cb = cs + 1, 0
    seg = load(SEG, cs)
  end
  while opened < nseg and opened < cs + S do
    store(SEG, opened, { st = 'open', q = 1, att = 0 })
    owe('decode', tostring(opened), 1)
    opened = opened + 1
  end
  set('cs', cs, 'cb', cb, 'opened', opened)
  if cs == nseg then
    set('st', 'tracked')
    settleLate()
    return
  end
  local batch = load(BAT, cs .. '.' .. cb)
  if batch and batch.st == 'done' and get('tst') ~= 'queued' then
    local tq = int('tq') + 1
    set('tst', 'queued', 'tq', tq)
    owe('track', '', tq)
  end
end

-- Everything that is due for the job now: open segments, batches with pixels, track, the stages after it. Enqueueing it
-- twice is harmless, because the ids are the same. The batches must be among it: a decoder that begins again may wait
-- for a credit before it comes to the ready batch whose task its predecessor died before adding.
local function oweAll()
  if paused() then return end
  settle()
  due = {} -- what settle has just made due is among what follows
  local st = get('st')
  if st == 'running' then
    for i = int('cs'), int('opened') - 1 do
      local seg = load(SEG, i)
      if seg and seg.st == 'open' then owe('decode', tostring(i), seg.q) end
    end
    for _, k in ipairs(redis.call('HKEYS', LIVE)) do
      local batch = load(BAT, k)
      if batch and (batch.st == 'ready' or batch.st == 'enhanced') then oweBatch(k, batch) end
    end
    if get('tst') == 'queued' then owe('track', '', int('tq')) end
  elseif st == 'tracked' then
    settleLate()
  end
end

-- The decode task that batch k waits for.
local function oweDecode(k)
  local s = string.match(k, '^(%d+)%.')
  local seg = load(SEG, s)
  if seg and seg.st == 'open' then owe('decode', s, seg.q) end
end

-- Whether `lease` holds the open segment s. A holder that still lives and finds its lease stolen neither died nor
-- failed, so its attempt is given back; that of the holder who has the lease now stays.
local function holds(s, seg, lease)
  if not seg or seg.st ~= 'open' then return false end
  if seg.lease == lease then return true end
  if seg.att > 1 then
    seg.att = seg.att - 1
    store(SEG, s, seg)
  end
  return false
end

-- The holder of a segment stops for no fault of the segment: its attempt does not count.
local function handBackSegment(s, seg)
  seg.att = math.max(0, seg.att - 1)
  seg.lease, seg.by = nil, nil
  store(SEG, s, seg)
end

-- A task that comes while the job is paused is turned away, and ends. Its generation is spent, so that what resuming
-- adds has another id: the queue may still hold this one for a moment and would swallow its like.
local function turnAway(key, item, record)
  record.q, record.lease = record.q + 1, nil
  store(key, item, record)
end

-- Range of a batch that the lease holder works on: open, and the first such.
local function openRange(batch)
  for i, range in ipairs(batch.ranges) do
    if not range.ref and not range.gap then return i, range end
  end
end

-- All ranges resolved: the credit may be given back once the payload is deleted, and track may be due.
local function finish(k, batch)
  batch.st = 'done'
  batch.lease = nil
  store(BAT, k, batch)
  local credit = load(LIVE, k)
  if credit then
    credit.drop = 1
    store(LIVE, k, credit)
  end
  settle()
  return credit and credit.tok
end
