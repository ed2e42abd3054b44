-- validate(): ingest has taken the job. Answers ok | planned (an earlier delivery went further) | gone.
local st = get('st')
if not st or TERMINAL[st] or st == 'cancelling' then return answer('gone') end
if get('ep') then return answer('planned') end
set('st', 'validating')
return answer('ok')
