-- For wrk: library/nginx-PREFIX-N, N from 0 to COUNT - 1 and again from 0.
--
-- arguments: PREFIX COUNT [once]     once: ends when COUNT are answered
local path, count, asked, answered

function init(arguments)
  path = "/v2/proxy/library/nginx-" .. arguments[1] .. "-%d/manifests/latest"
  count, asked, answered = tonumber(arguments[2]), 0, 0
  if arguments[3] == "once" then
    function response()
      answered = answered + 1
      if answered == count then
        wrk.thread:stop()
        -- wrk itself would wait until its -d is over; a signal before it waits is lost
        io.popen("while kill -INT $PPID; do sleep 0.05; done 2>/dev/null")
      end
    end
  end
end

function request()
  asked = asked + 1
  return wrk.format(nil, path:format(asked % count))
end
