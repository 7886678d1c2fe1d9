using Microsoft.AspNetCore.Http;

namespace ModHost.Worker.Tests.Peers;

/// <summary>What an application waits for until the test opens it, or ends.</summary>
internal sealed class Gate : IDisposable
{
    private readonly TaskCompletionSource _open = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task Wait(HttpContext context) => _open.Task;

    public void Open() => _open.TrySetResult();

    public void Dispose() => Open();
}
