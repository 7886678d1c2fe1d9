namespace ModHost.IntegrationTests.Hosting;

/// <summary>Keeps two test runs that share a cache from writing the same part of it.</summary>
internal sealed class LockFile : IAsyncDisposable
{
    private readonly FileStream _stream;

    private LockFile(FileStream stream) => _stream = stream;

    public static async Task<LockFile> Take(string path)
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
        }, TimeSpan.FromMinutes(15));
        return new LockFile(stream!);
    }

    public ValueTask DisposeAsync() => _stream.DisposeAsync();
}
