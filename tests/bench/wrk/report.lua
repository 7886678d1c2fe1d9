-- What every load script does at its end: one JSON line for the driver.
-- Nothing here runs per request, so wrk sends one prepared request for ever.

function done(summary, latency, requests)
    local errors = summary.errors
    io.write(string.format(
        '{"requests":%d,"microseconds":%d,"p50_us":%d,"p99_us":%d,' ..
        '"bytes":%d,"status_errors":%d,"socket_errors":%d}\n',
        summary.requests, summary.duration, latency:percentile(50),
        latency:percentile(99), summary.bytes, errors.status,
        errors.connect + errors.read + errors.write + errors.timeout))
end
