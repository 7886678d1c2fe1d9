namespace ModHost.Worker.Tests.Peers;

/// <summary>A copy of the sample application with a behaviour of the test's choice.</summary>
internal sealed class BehaviourFolder : IDisposable
{
    public BehaviourFolder(string behaviour)
    {
        var source = System.IO.Path.GetDirectoryName(WorkerUnderTest.App("Behaviour"))!;
        foreach (var file in Directory.EnumerateFiles(source))
        {
            File.Copy(file, System.IO.Path.Combine(Path, System.IO.Path.GetFileName(file)));
        }

        File.WriteAllText(System.IO.Path.Combine(Path, "behaviour.txt"), behaviour);
    }

    public string Path { get; } = Directory.CreateTempSubdirectory("modhost-test-").FullName;

    public string App => System.IO.Path.Combine(Path, "Behaviour.dll");

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
