using ModHost.IntegrationTests.Hosting;
using ModHost.IntegrationTests.Http;

namespace ModHost.IntegrationTests.Daemon;

/// <summary>The kernel kills a worker for want of memory: all of the web server is in one control group with a limit.</summary>
[Trait("Mode", "daemon")]
public sealed class OutOfMemoryTests
{
    private const int LimitMb = 600;

    [SkippableFact]
    public async Task A_worker_that_the_kernel_kills_for_want_of_memory_is_replaced_and_the_log_says_why()
    {
        await using var cgroup = MemoryCgroup.TryMake(LimitMb * 1024L * 1024);
        Skip.If(cgroup is null, "No control group with a limit on memory can be made here.");
        await using var host = await DaemonHost.Start<Jit>("processes=1",
            change: setup => setup with { Within = cgroup!.Command });
        var worker = host.Workers.Single();
        Assert.Equal(502, (await RawConnection.Get(host.Port, $"/runtime/leak-native?mb={2 * LimitMb}")).Status);
        await host.Server.WaitForLog($@"\[shop/0 {worker}\] MH0705: was killed by signal 9 \(SIGKILL\) by the kernel: out of memory$");
        await Wait.Until("the worker was replaced", () => host.Workers is [var one] && one != worker);
        await host.Server.Answers("/empty", wait: true);

        // One that somebody kills is told apart from it.
        var next = host.Workers.Single();
        Signal.Send(next, Signal.Kill);
        await host.Server.WaitForLog($@"\[shop/0 {next}\] MH0705: was killed by signal 9 \(SIGKILL\)$");
        await host.Server.Answers("/empty", wait: true);
        await host.Server.CheckSane();
        Assert.Equal(0, await host.Server.Quit());
    }
}
