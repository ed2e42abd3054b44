-- accept(acceptedAt, run): the job exists. Answers ok | known. Put the object `accepted` first: Redis may forget this.
if get('st') then return answer('known') end
set('st', 'queued', 'acceptedAt', ARGV[1], 'run', ARGV[2])
return answer('ok')
