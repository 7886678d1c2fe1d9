-- A request with 20 headers, as a browser behind a few tools sends them.
-- Host is wrk's own; workloads.py gives the same list to the comparison.

for name, value in string.gmatch(os.getenv("BENCH_HEADERS"),
                                 "([^:\n]+): ([^\n]*)\n") do
    wrk.headers[name] = value
end

dofile(os.getenv("BENCH_REPORT"))
