using System.Text;
using System.Text.RegularExpressions;
using ModHost.Cli.Control;
using ModHost.Cli.Terminal;
using ModHost.Posix;

namespace ModHost.Cli.Tests;

public partial class TerminalTests
{
    [Theory]
    [InlineData("2026/11/20 16:04:38 [info] 123#124: *7 modhost: Shop: Shop.Log: hello, client: 127.0.0.1")]
    [InlineData("2026/11/20 16:04:38 [error] 123#0: modhost: [shop/0 4711] broken")]
    [InlineData("[Fri Nov 20 16:04:38.123456 2026] [core:notice] [pid 1:tid 2] AH00094: Command line")]
    [InlineData("    at Shop.Program.Main()")]
    [InlineData("")]
    public void Painting_changes_no_text(string line) =>
        Assert.Equal(line, Escapes().Replace(new LogPainter().Error(line), ""));

    [Fact]
    public void Levels_and_states_have_colours()
    {
        var painter = new LogPainter();

        Assert.Contains(Paint.Red + "[error]", painter.Error("2026/11/20 16:04:38 [error] 1#1: x"), StringComparison.Ordinal);
        Assert.StartsWith(Paint.Red, painter.Error("   at the same exception"), StringComparison.Ordinal);
        Assert.Contains(Paint.Yellow + "[warn]", painter.Error("2026/11/20 16:04:38 [warn] 1#1: x"), StringComparison.Ordinal);
        Assert.Contains(Paint.Yellow + "404", LogPainter.Access("127.0.0.1 \"GET /x HTTP/1.1\" 404 12 0.001"), StringComparison.Ordinal);
        Assert.Contains(Paint.Green + "200", LogPainter.Access("""{"time":"x","status":200,"bytes":1}"""), StringComparison.Ordinal);
    }

    [Fact]
    public void Without_a_terminal_nothing_is_coloured()
    {
        using var output = new StringWriter();
        var screen = new Screen(output, colours: false);

        screen.Say("hello");
        screen.Warn("careful");
        screen.Ansi.Write(new StatusTable().Make([], DateTime.UnixEpoch, null));

        Assert.DoesNotContain('\e', output.ToString());
        Assert.StartsWith("hello\ncareful\n", output.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Lines_come_whole_out_of_a_pipe_and_the_last_one_without_an_end()
    {
        var (reader, writer) = Pipe.Create();
        var lines = new List<string>();
        var source = new LineReader(reader);
        Write(writer, "one\ntw");
        Assert.True(source.Read(lines.Add));
        Assert.Equal(["one"], lines);

        Write(writer, "o\nthree");
        writer.Dispose();
        Assert.False(source.Read(lines.Add));
        Assert.Equal(["one", "two", "three"], lines);
        reader.Dispose();
    }

    [Theory]
    [InlineData(5, "5s")]
    [InlineData(65, "1m 5s")]
    [InlineData(3600, "1h 0m")]
    [InlineData(90000, "1d 1h")]
    public void An_age_has_its_two_largest_parts(double seconds, string text) => Assert.Equal(text, StatusTable.Age(seconds));

    [Theory]
    [InlineData(0, "")]
    [InlineData(950, "950 µs")]
    [InlineData(1_540, "1.5 ms")]
    [InlineData(2_000_000, "2 s")]
    public void A_time_of_requests_has_a_fitting_unit(long microseconds, string text) => Assert.Equal(text, StatusTable.Time(microseconds));

    private static void Write(Descriptor pipe, string text) =>
        AppendFile.Write(pipe, Encoding.UTF8.GetBytes(text), regular: true);

    [GeneratedRegex("\e\\[[0-9;]*m")]
    private static partial Regex Escapes();
}
