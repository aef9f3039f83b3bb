/** Steps that Redis takes as one, so that servers that share it never see half of one. */
export const SCRIPTS = {
  /** Takes a job in where there is room. */
  ofxAdmit: {
    keys: 4,
    lua: `
      local id, bytes, most, mostBytes = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
      if redis.call('HLEN', KEYS[1]) >= most then return 0 end
      if tonumber(redis.call('GET', KEYS[2]) or '0') + bytes > mostBytes then return 0 end
      redis.call('HSET', KEYS[1], id, bytes)
      redis.call('INCRBY', KEYS[2], bytes)
      redis.call('HSET', KEYS[3], 'order', ARGV[5], 'state', 'queued', 'starts', 0)
      for i = 6, #ARGV, 2 do redis.call('HSET', KEYS[4], ARGV[i], ARGV[i + 1]) end
      return 1`,
  },
  /** The work begins, perhaps again. */
  ofxBegin: {
    keys: 1,
    lua: `
      local state = redis.call('HGET', KEYS[1], 'state')
      if state ~= 'queued' and state ~= 'running' then return 0 end
      redis.call('HSET', KEYS[1], 'state', 'running')
      redis.call('HSETNX', KEYS[1], 'startedAt', ARGV[1])
      redis.call('HINCRBY', KEYS[1], 'starts', 1)
      return 1`,
  },
  /** A result of a job that has not ended. */
  ofxResult: {
    keys: 1,
    lua: `
      if redis.call('HGET', KEYS[1], 'state') ~= 'running' then return 0 end
      redis.call('HSETNX', KEYS[1], ARGV[1], ARGV[2])
      return 1`,
  },
  /** The end, once: its images go, its place is free, and after a time it is forgotten. */
  ofxEnd: {
    keys: 4,
    lua: `
      local state = redis.call('HGET', KEYS[3], 'state')
      if state ~= 'queued' and state ~= 'running' then return 0 end
      redis.call('HSET', KEYS[3], 'state', ARGV[2], 'endedAt', ARGV[3], 'expiresAt', ARGV[4])
      if ARGV[6] ~= '' then redis.call('HSET', KEYS[3], 'error', ARGV[6]) end
      redis.call('PEXPIRE', KEYS[3], ARGV[5])
      redis.call('DEL', KEYS[4])
      local bytes = redis.call('HGET', KEYS[1], ARGV[1])
      if bytes then
        redis.call('HDEL', KEYS[1], ARGV[1])
        redis.call('DECRBY', KEYS[2], bytes)
      end
      return 1`,
  },
  /** A field of a job that is still known. */
  ofxField: {
    keys: 1,
    lua: `
      if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
      redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
      return 1`,
  },
} as const satisfies Record<string, { keys: number; lua: string }>;
