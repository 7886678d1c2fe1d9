using ModHost.Cli.Control;

namespace ModHost.Cli.Tests;

public sealed class LogTailTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("modhost-cli-").FullName;

    private string Log => Path.Combine(_folder, "error.log");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Lines_of_one_group_are_picked_with_what_belongs_to_them()
    {
        File.WriteAllText(Log, Line("[shop/0 12] one") + Line("[shop2/0 13] other") + "    of the other\n"
            + Line("[shop/1 14] two") + "    at the same\n" + Line("[shop] three") + "2026/11/20 [error] 1#1: *1 open() failed\n");

        Assert.Equal([Line("[shop/1 14] two").TrimEnd(), "    at the same", Line("[shop] three").TrimEnd()],
            new LogTail(Log, "shop", own: false).Last(3));
    }

    [Fact]
    public void What_comes_later_is_shown_once_and_whole()
    {
        File.WriteAllText(Log, Line("[shop/0 12] one"));
        var tail = new LogTail(Log, "shop", own: false);
        tail.Last(10);

        File.AppendAllText(Log, Line("[shop/0 12] two").TrimEnd());
        Assert.Empty(tail.New());
        File.AppendAllText(Log, "\n");
        Assert.Equal([Line("[shop/0 12] two").TrimEnd()], tail.New());
        Assert.Empty(tail.New());
    }

    [Fact]
    public void A_file_that_was_rotated_is_read_from_its_beginning()
    {
        File.WriteAllText(Log, Line("[shop/0 12] one"));
        var tail = new LogTail(Log, null, own: false);
        tail.Last(10);

        File.Move(Log, Log + ".1");
        File.WriteAllText(Log, Line("[shop/0 12] two"));

        Assert.Equal([Line("[shop/0 12] two").TrimEnd()], tail.New());
    }

    private static string Line(string text) => $"2026/11/20 16:00:00 [info] 4711#0: modhost: {text}\n";
}
