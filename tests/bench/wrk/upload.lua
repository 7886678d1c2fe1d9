-- A POST of BENCH_UPLOAD bytes.

wrk.method = "POST"
wrk.headers["Content-Type"] = "application/octet-stream"
wrk.body = string.rep("u", tonumber(os.getenv("BENCH_UPLOAD")))

dofile(os.getenv("BENCH_REPORT"))
