namespace ModHost.IntegrationTests.Hosting;

/// <summary>Keeps two test runs that share a cache from writing the same part of it.</summary>
internal sealed class LockFile : IAsyncDisposable
{
    private static readonly TimeSpan s_usual = TimeSpan.FromMinutes(15);

    private readonly FileStream _stream;

    private LockFile(FileStream stream) => _stream = stream;

    public static async Task<LockFile> Take(string path, TimeSpan? limit = null)
    {
        FileStream? stream = null;
        await Wait.Until($"{path} is free", () =>
        {
            try
            {
                stream = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
                return true;
            }
            catch (IOException)
            {
                return false;
            }
        }, limit ?? s_usual);
        return new LockFile(stream!);
    }

    public ValueTask DisposeAsync() => _stream.DisposeAsync();
}
