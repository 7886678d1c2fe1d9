using ModHost.Protocol;
using ModHost.Worker.Tests.Peers;

namespace ModHost.Worker.Tests;

/// <summary>Unmodified applications in processes of their own.</summary>
public sealed class ProcessTests
{
    [Fact]
    public void An_unmodified_application_answers_over_a_channel()
    {
        using var worker = WorkerUnderTest.Start(WorkerUnderTest.App("Hello"));
        using var shim = worker.Supervisor.OpenChannel();

        var answer = shim.Get("/plaintext");

        Assert.Equal(200, answer.Status);
        Assert.Equal("Hello, World!", answer.Text);
        Assert.True(answer.Ended);
    }
}
