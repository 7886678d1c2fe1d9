using ModHost.Cli.Terminal;

namespace ModHost.Cli.Tests;

public class LogFilterTests
{
    [Theory]
    [InlineData("2026/11/20 16:51:27 [notice] 1#1: start worker process 2", false)]
    [InlineData("2026/11/20 16:51:29 [info] 2#2: *10 client 127.0.0.1 closed keepalive connection", false)]
    [InlineData("2026/11/20 16:51:29 [info] 2#2: modhost: app \"Shop\": Shop.Log: hello", true)]
    [InlineData("2026/11/20 16:51:29 [info] 4348#0: modhost: [shop/0 4352] started", true)]
    [InlineData("2026/11/20 16:51:29 [error] 2#2: *10 open() failed", true)]
    [InlineData("[Fri Nov 20 16:04:38.123456 2026] [mpm_event:notice] [pid 1:tid 2] AH00489: resuming", false)]
    [InlineData("[Fri Nov 20 16:04:38.123456 2026] [modhost:info] [pid 1:tid 2] hello", true)]
    [InlineData("written to standard error by somebody", true)]
    public void A_web_servers_own_everyday_lines_are_left_out(string line, bool shown) =>
        Assert.Equal(shown, new LogFilter().Shows(line));

    [Fact]
    public void What_goes_on_with_a_line_goes_with_it()
    {
        var filter = new LogFilter();
        filter.Shows("2026/11/20 16:51:27 [notice] 1#1: everyday");
        Assert.False(filter.Shows("    more of it"));
        filter.Shows("2026/11/20 16:51:27 [error] 1#1: modhost: broken");
        Assert.True(filter.Shows("   at Shop.Program.Main()"));
    }
}
