using ModHost.Cli.Development;
using ModHost.Development;

namespace ModHost.Cli.Tests;

public sealed class ExceptionTextTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("modhost-cli-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void An_exception_is_its_type_its_message_and_a_trace_with_sources()
    {
        var source = Path.Combine(_folder, "Shop.cs");
        File.WriteAllLines(source, ["one", "two", "three", "four", "if (a < b)", "six"]);

        var error = ExceptionText.Read("MH0501: Shop failed to start: System.InvalidOperationException: no\ndatabase\n"
            + $" ---> System.IO.IOException: gone\n   at Shop.Store.Open() in {source}:line 5\n"
            + "   --- End of inner exception stack trace ---\n   at Program.<Main>$(String[] args)\n");

        Assert.Equal("System.InvalidOperationException", error.Type);
        Assert.StartsWith("no\ndatabase", error.Message, StringComparison.Ordinal);
        Assert.Equal(3, error.Trace.Count);
        Assert.Equal((5, 5), (error.Trace[0].Number, error.Trace[0].Source.Count));
        Assert.Equal((2, "two"), error.Trace[0].Source[0]);
        Assert.Empty(error.Trace[2].Source);
    }

    [Fact]
    public void Inner_exceptions_are_part_of_the_message()
    {
        var error = ExceptionText.Of(Assert.Throws<InvalidOperationException>(() => Store(Thrown)));

        Assert.Equal("System.InvalidOperationException", error.Type);
        Assert.Equal("no\ndatabase\n ---> System.IO.IOException: gone", error.Message);
        Assert.Contains(nameof(Thrown), error.Trace[0].Text, StringComparison.Ordinal);
        Assert.Contains(error.Trace, line => line.Text.Contains(nameof(Store), StringComparison.Ordinal));
    }

    [Fact]
    public void An_exception_without_a_trace_is_its_type_and_its_message()
    {
        var error = ExceptionText.Of(new InvalidOperationException("no database"));

        Assert.Equal(("System.InvalidOperationException", "no database"), (error.Type, error.Message));
        Assert.Empty(error.Trace);
    }

    [Theory]
    [InlineData("MH0502: Shop has ended (exit code 3) and had not started a web host")]
    [InlineData("MH0705: it was killed by signal 9 (SIGKILL)")]
    public void Without_an_exception_the_text_is_all_there_is(string text)
    {
        var error = ExceptionText.Read(text);

        Assert.Equal(("", text), (error.Type, error.Message));
        Assert.Empty(error.Trace);
    }

    [Theory]
    [InlineData("/etc/hostname")]
    [InlineData("/no/such/Shop.cs")]
    public void Only_sources_are_shown(string file) =>
        Assert.Empty(ExceptionText.Read($"MH0501: Shop failed to start: System.Exception: x\n   at A.B() in {file}:line 1").Trace.Single().Source);

    [Fact]
    public void A_page_shows_text_as_text()
    {
        var source = Path.Combine(_folder, "Shop.cs");
        File.WriteAllText(source, "if (a < b) { throw; }\n");

        var page = ErrorPage.OfStart($"MH0501: Shop failed to start: System.Exception: <script>\n   at A.B`1() in {source}:line 1", olderServes: false)
            .Html("/refresh.js");

        Assert.Contains("<pre class=\"message\">&lt;script&gt;</pre>", page, StringComparison.Ordinal);
        Assert.Contains("<mark>    1  if (a &lt; b) { throw; }</mark>", page, StringComparison.Ordinal);
    }

    private static void Store(Action open)
    {
        try
        {
            open();
        }
        catch (IOException exception)
        {
            throw new InvalidOperationException("no\ndatabase", exception);
        }
    }

    private static void Thrown() => throw new IOException("gone");
}
