using ModHost.Posix;
using ModHost.Supervisor.Processes;

namespace ModHost.Supervisor.Tests;

/// <summary>How the end of a process is told; what the kernel did is read from made-up control groups.</summary>
public sealed class ExitReasonTests : IDisposable
{
    private const string Version2 = "0::/system.slice/nginx.service\n";
    private const string Version1 = "9:name=systemd:/\n4:memory:/nginx\n0::/\n";

    private static readonly ChildExit s_killed = new(9, true, false);

    private readonly string _folder = Directory.CreateTempSubdirectory("modhost-").FullName;

    [Theory]
    [InlineData(Version2, "cgroup/system.slice/nginx.service/memory.events", "low 0\nhigh 0\nmax 17\noom 2\noom_kill {0}\noom_group_kill 0\n")]
    [InlineData(Version1, "cgroup/memory/nginx/memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill {0}\n")]
    [InlineData(Version2, "vmstat", "nr_free_pages 1000\noom_kill {0}\nnuma_hit 0\n")]
    [InlineData("", "vmstat", "oom_kill {0}\n")]
    public void A_kill_for_want_of_memory_is_told_once(string own, string counter, string text)
    {
        Write("own", own);
        Write(counter, text, 3);
        var oom = Watch();
        Assert.Equal("was killed by signal 9 (SIGKILL)", ExitReason.Describe(s_killed, killed: false, oom));
        Write(counter, text, 4);
        Assert.Equal("was killed by signal 9 (SIGKILL) by the kernel: out of memory", ExitReason.Describe(s_killed, killed: false, oom));

        // The next one was somebody's hand.
        Assert.Equal("was killed by signal 9 (SIGKILL)", ExitReason.Describe(s_killed, killed: false, oom));
    }

    [Fact]
    public void A_kill_of_the_supervisors_own_is_no_want_of_memory_and_hides_none()
    {
        Write("own", Version2);
        Write("cgroup/system.slice/nginx.service/memory.events", "oom_kill {0}\n", 0);
        var oom = Watch();
        Write("cgroup/system.slice/nginx.service/memory.events", "oom_kill {0}\n", 1);
        Assert.Equal("was killed by signal 9 (SIGKILL) by the supervisor", ExitReason.Describe(s_killed, killed: true, oom));
        Assert.EndsWith("out of memory", ExitReason.Describe(s_killed, killed: false, oom), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("oom_kill\n")]
    [InlineData("oom_kill many\n")]
    [InlineData("oom_kill -1\noom_kill_disable 7\n")]
    public void A_counter_that_makes_no_sense_counts_nothing(string text)
    {
        Write("own", Version2);
        Write("cgroup/system.slice/nginx.service/memory.events", text);
        Assert.Equal("was killed by signal 9 (SIGKILL)", ExitReason.Describe(s_killed, killed: false, Watch()));
    }

    [Fact]
    public void A_control_group_that_goes_away_counts_nothing()
    {
        Write("own", Version1);
        Write("cgroup/memory/nginx/memory.oom_control", "oom_kill 5\n");
        var oom = Watch();
        Directory.Delete(Path.Combine(_folder, "cgroup"), recursive: true);
        Assert.Equal("was killed by signal 9 (SIGKILL)", ExitReason.Describe(s_killed, killed: false, oom));
    }

    [Theory]
    [InlineData(0, false, false, "exited with code 0")]
    [InlineData(137, false, false, "exited with code 137")]
    [InlineData(11, true, true, "was killed by signal 11 (SIGSEGV), core dumped")]
    [InlineData(6, true, false, "was killed by signal 6 (SIGABRT)")]
    [InlineData(64, true, false, "was killed by signal 64")]
    public void Codes_and_signals_are_told(int code, bool signalled, bool dumped, string text)
    {
        Write("own", "");
        Write("vmstat", "oom_kill 0\n");
        Assert.Equal(text, ExitReason.Describe(new ChildExit(code, signalled, dumped), killed: false, Watch()));
    }

    [Theory]
    [InlineData(0x0300, 3, false, false)]
    [InlineData(0x0009, 9, true, false)]
    [InlineData(0x008b, 11, true, true)]
    public void A_wait_status_of_the_watchdog_says_the_same(uint status, int code, bool signalled, bool dumped) =>
        Assert.Equal(new ChildExit(code, signalled, dumped), ExitReason.FromStatus(status));

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private OomWatch Watch() =>
        new(Path.Combine(_folder, "own"), Path.Combine(_folder, "cgroup"), Path.Combine(_folder, "vmstat"));

    private void Write(string name, string text, int kills = 0)
    {
        var path = Path.Combine(_folder, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text.Replace("{0}", $"{kills}", StringComparison.Ordinal));
    }
}
