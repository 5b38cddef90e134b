package store

import "github.com/gomodule/redigo/redis"

// Redis runs a script in one step. All keys have one hash tag, so that they are in the same slot of a cluster.

// scripts are what Redis runs for the store.
type scripts struct{ hello, marked, mark, claim, add, unlock, take *redis.Script }

func newScripts() scripts {
	return scripts{
		hello: redis.NewScript(-1, helloScript), marked: redis.NewScript(-1, markedScript), mark: redis.NewScript(1, markScript),
		claim: redis.NewScript(-1, claimScript),
		add:   redis.NewScript(1, addScript), unlock: redis.NewScript(1, unlockScript), take: redis.NewScript(2, takeScript),
	}
}

// helloScript registers a replica and returns the epoch, the time in microseconds and the number of replicas. Another
// epoch begins when Redis was restarted, has lost the old one, or the replica has lost a mark. A Redis that is full
// rejects the script, because its first command needs memory. Last, it returns since when values count: a Redis that was restarted
// may bring back older ones.
//
//	KEYS: the epoch, the replicas, values to delete
//	ARGV: the run id of Redis, the number of another epoch, 1 if that must begin, the replica, how long it counts in microseconds,
//	      the lifetime of the keys in milliseconds, 1 if no value counts any more
const helloScript = `
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
redis.call('ZADD', KEYS[2], string.format('%.0f', now), ARGV[4])
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', string.format('%.0f', now - ARGV[5]))
redis.call('PEXPIRE', KEYS[2], ARGV[6])
for i = 3, #KEYS do
  redis.call('DEL', KEYS[i])
end
local epoch = redis.call('HMGET', KEYS[1], 'run', 'number')
if epoch[1] ~= ARGV[1] or ARGV[7] == '1' then
  redis.call('HSET', KEYS[1], 'began', string.format('%.0f', now))
end
if epoch[1] ~= ARGV[1] or ARGV[3] == '1' then
  redis.call('HSET', KEYS[1], 'run', ARGV[1], 'number', ARGV[2])
  epoch[2] = ARGV[2]
end
redis.call('PEXPIRE', KEYS[1], ARGV[6])
return {epoch[2], string.format('%.0f', now), redis.call('ZCARD', KEYS[2]), redis.call('HGET', KEYS[1], 'began')}
`

// markedScript returns the number of the epoch, the time in microseconds, and marks.
//
//	KEYS: the epoch, the marks
const markedScript = `
local time = redis.call('TIME')
local marks = {}
if #KEYS > 1 then
  marks = redis.call('MGET', unpack(KEYS, 2))
end
return {redis.call('HGET', KEYS[1], 'number') or '0', string.format('%.0f', time[1] * 1000000 + time[2]), marks}
`

// markScript sets a key to the time in microseconds.
//
//	KEYS: the mark
//	ARGV: its lifetime in milliseconds
const markScript = `
local time = redis.call('TIME')
redis.call('SET', KEYS[1], string.format('%.0f', time[1] * 1000000 + time[2]), 'PX', ARGV[1])
return 1
`

// claimScript sets a key to the time in microseconds, and returns 1. It returns 0 for a key that is marked, and -1 in another
// epoch, or if something has changed since.
//
//	KEYS: the mark, the epoch, the changes
//	ARGV: its lifetime in milliseconds, the number of the epoch, the time in microseconds that changes count from
const claimScript = `
local time = redis.call('TIME')
local now = string.format('%.0f', time[1] * 1000000 + time[2])
if redis.call('HGET', KEYS[2], 'number') ~= ARGV[2] then
  return -1
end
for i = 3, #KEYS do
  if tonumber(redis.call('GET', KEYS[i]) or 0) > tonumber(ARGV[3]) then
    return -1
  end
end
if redis.call('SET', KEYS[1], now, 'PX', ARGV[1], 'NX') then
  return 1
end
return 0
`

// addScript sets a value that isn't there, and returns the one that is there then.
//
//	KEYS: the value
//	ARGV: the new value, its lifetime in milliseconds
const addScript = `
if redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2], 'NX') then
  return ARGV[1]
end
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return redis.call('GET', KEYS[1])
`

// unlockScript deletes a lock of ours, not one that someone else has since.
//
//	KEYS: the lock
//	ARGV: its value
const unlockScript = `
if redis.call('GET', KEYS[1]) == ARGV[1] then
  redis.call('DEL', KEYS[1])
end
return 1
`

// takeScript is the generic cell rate algorithm, as in github.com/go-redis/redis_rate: the key has the theoretical
// arrival time (tat). In addition, a caller can wait for a token, and a bucket whose state may be lost can begin empty.
//
//	KEYS: the bucket, the epoch
//	ARGV: microseconds between two tokens, the burst, the longest wait in microseconds, 1 for a strict limit
const takeScript = `
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local interval, burst = tonumber(ARGV[1]), tonumber(ARGV[2])
local tat = tonumber(redis.call('GET', KEYS[1]) or now)
if ARGV[4] == '1' then
  tat = math.max(tat, (redis.call('HGET', KEYS[2], 'began') or 0) + interval * burst)
end
tat = math.max(tat, now) + interval
local wait = math.max(0, tat - interval * burst - now)
if wait > tonumber(ARGV[3]) then
  return {0, string.format('%.0f', wait)}
end
redis.call('SET', KEYS[1], string.format('%.0f', tat), 'PX', math.ceil((tat - now) / 1000) + 1)
return {1, string.format('%.0f', wait)}
`
