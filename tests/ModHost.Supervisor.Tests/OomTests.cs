using ModHost.Posix;
using ModHost.Supervisor.Processes;

namespace ModHost.Supervisor.Tests;

/// <summary>Whether it was the kernel that has killed a process for want of memory.</summary>
public sealed class OomTests : IDisposable
{
    private static readonly ChildExit s_killed = new(9, Signalled: true, DumpedCore: false);

    private readonly string _path = Path.GetTempFileName();

    public OomTests() => Count(3);

    public void Dispose() => File.Delete(_path);

    [Fact]
    public void As_many_ends_are_the_kernels_as_it_has_counted()
    {
        var oom = Watch();
        Assert.Equal("was killed by signal 9 (SIGKILL)", End(oom));
        Count(5);
        Assert.EndsWith("by the kernel: out of memory", End(oom), StringComparison.Ordinal);
        Assert.EndsWith("by the kernel: out of memory", End(oom), StringComparison.Ordinal);
        Assert.Equal("was killed by signal 9 (SIGKILL)", End(oom));
    }

    [Fact]
    public void What_happened_to_others_some_time_ago_explains_nothing()
    {
        var oom = Watch();
        oom.Look(0);
        Count(4);
        oom.Look(OomWatch.Pace);
        oom.Look(2 * OomWatch.Pace);
        Assert.Equal("was killed by signal 9 (SIGKILL)", End(oom));
    }

    [Fact]
    public void A_look_in_between_takes_nothing_away()
    {
        var oom = Watch();
        oom.Look(0);
        Count(4);
        oom.Look(OomWatch.Pace);
        Assert.EndsWith("by the kernel: out of memory", End(oom), StringComparison.Ordinal);
    }

    private static string End(OomWatch oom) => ExitReason.Describe(s_killed, killed: false, oom);

    private OomWatch Watch() => new(own: "/dev/null", machine: _path);

    private void Count(int kills) => File.WriteAllText(_path, $"low 0\noom 9\noom_kill {kills}\noom_group_kill 0\n");
}
