using ModHost.Cli.Setup;

namespace ModHost.Cli.Tests;

public sealed class SetupFileTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("modhost-cli-").FullName;
    private readonly SetupFile _file = new("etc/x.conf", "x.conf", "one\ntwo\n");

    private string Target => Path.Combine(_folder, "sub", "x.conf");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void A_file_that_was_written_is_current()
    {
        Assert.Equal(FileState.Missing, _file.StateAt(Target));
        _file.Write(Target);
        Assert.Equal(FileState.Current, _file.StateAt(Target));
    }

    [Fact]
    public void An_older_one_of_ours_may_be_replaced()
    {
        (_file with { Text = "older\n" }).Write(Target);

        Assert.Equal(FileState.Outdated, _file.StateAt(Target));
    }

    [Fact]
    public void One_that_somebody_edited_is_known()
    {
        _file.Write(Target);
        File.AppendAllText(Target, "three\n");

        Assert.Equal(FileState.Edited, _file.StateAt(Target));
    }

    [Fact]
    public void One_that_was_never_ours_counts_as_edited()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Target)!);
        File.WriteAllText(Target, "server {}\n");

        Assert.Equal(FileState.Edited, _file.StateAt(Target));
    }

    [Fact]
    public void A_script_keeps_its_first_line_and_can_be_executed()
    {
        var script = new SetupFile("bin/x", "x", "#!/bin/sh\nexit 0\n", Executable: true);
        script.Write(Target);

        Assert.StartsWith("#!/bin/sh\n#", File.ReadAllText(Target), StringComparison.Ordinal);
        Assert.True(File.GetUnixFileMode(Target).HasFlag(UnixFileMode.UserExecute));
        Assert.Equal(FileState.Current, script.StateAt(Target));
    }
}
