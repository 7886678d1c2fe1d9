using System.Text;
using System.Text.RegularExpressions;
using ModHost.Supervisor.Logging;

namespace ModHost.Supervisor.Tests;

public sealed class LogTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("modhost-").FullName;

    [Fact]
    public void A_log_that_cannot_be_written_keeps_so_much_and_tells_later_what_is_missing()
    {
        var path = Path.Combine(_folder, "later", "error.log");
        using var log = new LogFile(path);
        var line = Encoding.ASCII.GetBytes(new string('x', 1023) + "\n");
        for (var i = 0; i < 300; i++)
        {
            log.Add(line, i * 10);
            log.Flush(i * 10);
        }

        Directory.CreateDirectory(Path.Combine(_folder, "later"));
        log.Flush(10_000);
        Assert.EndsWith("lines were dropped", File.ReadAllLines(path)[^1], StringComparison.Ordinal);
        log.Add("the next one\n"u8.ToArray(), 10_000);
        log.Flush(10_000);
        var lines = File.ReadAllLines(path);
        Assert.Equal(LogFile.MostWaiting / 1024, lines.Count(one => one.StartsWith('x')));
        Assert.Contains(lines, one => one.Contains("MH0716: this log could not be written for a while: 44 lines were dropped", StringComparison.Ordinal));
        Assert.Equal("the next one", lines.First(one => !one.StartsWith('x') && !one.Contains("MH0716", StringComparison.Ordinal)));
        Assert.Equal(long.MaxValue, log.Due);
    }

    [Fact]
    public void Lines_of_a_log_that_cannot_be_opened_are_in_the_supervisors_own_after_one_that_says_why()
    {
        using var logs = new Logs();
        var (own, path) = (Path.Combine(_folder, "error.log"), Path.Combine(_folder, "later", "app.log"));
        logs.Configure(own, LogLevel.Error);
        var log = logs.Of(path);
        log.Add("first\n"u8.ToArray(), 0);
        logs.Flush(0);
        log.Add("second\n"u8.ToArray(), LogFile.Pause);
        logs.Flush(LogFile.Pause);
        Assert.Equal(long.MaxValue, logs.Due);
        var lines = File.ReadAllLines(own);
        Assert.Contains("[error]", lines[0], StringComparison.Ordinal);
        Assert.EndsWith($"MH0716: a log cannot be written, so its lines come here: open {path}: No such file or directory",
            lines[0], StringComparison.Ordinal);
        Assert.Equal(["first", "second"], lines[1..]);

        Directory.CreateDirectory(Path.Combine(_folder, "later"));
        log.Add("third\n"u8.ToArray(), 2 * LogFile.Pause);
        logs.Flush(2 * LogFile.Pause);
        Assert.Equal("third\n", File.ReadAllText(path));
        Assert.Equal(3, File.ReadAllLines(own).Length);
    }

    [Fact]
    public void A_log_that_nobody_writes_to_any_more_is_closed_when_all_of_it_is_written()
    {
        using var logs = new Logs();
        var (old, other) = (logs.Of(Path.Combine(_folder, "old.log")), logs.Of(Path.Combine(_folder, "other.log")));
        old.Add("a line\n"u8.ToArray(), 0);
        logs.Keep([other]);
        Assert.Same(old, logs.Of(Path.Combine(_folder, "old.log")));
        logs.Flush(0);
        logs.Keep([other]);
        Assert.NotSame(old, logs.Of(Path.Combine(_folder, "old.log")));
        Assert.Same(other, logs.Of(Path.Combine(_folder, "other.log")));
    }

    [Fact]
    public void A_flood_is_written_as_it_comes()
    {
        var path = Path.Combine(_folder, "error.log");
        using var log = new LogFile(path);
        for (var i = 0; i < 1000; i++)
        {
            log.Add(Encoding.ASCII.GetBytes(new string('y', 1023) + "\n"), 0);
        }

        log.Flush(0);
        Assert.Equal(1000, File.ReadAllLines(path).Length);
    }

    [Fact]
    public void A_full_disk_costs_lines_only()
    {
        using var log = new LogFile("/dev/full");
        for (var i = 0; i < 1000; i++)
        {
            log.Add(new byte[1000], i * 2000);
            log.Flush(i * 2000);
        }

        Assert.True(log.Due < long.MaxValue);
    }

    [Fact]
    public void A_file_that_was_moved_away_is_not_written_any_more()
    {
        var path = Path.Combine(_folder, "error.log");
        using var log = new LogFile(path);
        log.Add("first\n"u8.ToArray(), 0);
        log.Flush(0);
        File.Move(path, path + ".1");
        log.Add("second\n"u8.ToArray(), 0);
        log.Flush(LogFile.Pause);
        Assert.Equal("first\n", File.ReadAllText(path + ".1"));
        Assert.Equal("second\n", File.ReadAllText(path));
    }

    [Fact]
    public void Lines_have_the_form_of_nginx_and_nothing_in_them_can_look_like_another_line()
    {
        var line = Encoding.UTF8.GetString(ErrorLine.Format(LogLevel.Warning, "[shop/0 7] ", "a\r\nb\u001b[1m\u0000ü\tc\n\n"));
        Assert.Matches(new Regex(@"^\d{4}/\d\d/\d\d \d\d:\d\d:\d\d \[warn\] \d+#0: modhost: \[shop/0 7\] a\n    b\\x1b\[1m\\x00ü\tc\n$"), line);
    }

    [Fact]
    public void Nothing_in_a_line_moves_a_terminal_or_turns_its_text_around()
    {
        var line = Encoding.UTF8.GetString(ErrorLine.Format(LogLevel.Error, "", "a\u009bb\u2028c\u202ed\u2066e\u00a0f\u200ag"));
        Assert.EndsWith("a\\x9bb\\u2028c\\u202ed\\u2066e\u00a0f\u200ag\n", line, StringComparison.Ordinal);
    }

#if !DEBUG
    [Fact]
    public void Exceptions_in_a_log_do_not_tell_where_ModHost_was_built()
    {
        var exception = Record.Exception(() => ModHost.Posix.AppendFile.Open(Path.Combine(_folder, "missing", "app.log")));
        Assert.Contains(" in /_/managed/ModHost.Posix/AppendFile.cs:line", exception!.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain(Path.GetFullPath(Repository.Root), exception.ToString(), StringComparison.Ordinal);
    }
#endif

    [Theory]
    [InlineData("emerg", "Emergency")]
    [InlineData("warn", "Warning")]
    [InlineData("debug", "Debug")]
    [InlineData("debug_http", "Debug")]
    [InlineData("", "Error")]
    public void Levels_are_those_of_nginx(string name, string level) =>
        Assert.Equal(level, ErrorLine.Level(name).ToString());

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
