local last = tonumber(redis.call('GET', KEYS[2]))
local number = tonumber(ARGV[1])
if last and number <= last then
  return false
end
if last ~= number - 1 then
  if ARGV[2] == '1' then
    return false
  end
  if last then
    return redis.error_reply('ERR the entry before is missing')
  end
end
local id = redis.call('XADD', KEYS[1], 'MAXLEN', '~', ARGV[3], '*', unpack(ARGV, 5))
redis.call('SET', KEYS[2], ARGV[1], 'EX', ARGV[4])
return id
