using ModHost.Posix;
using ModHost.Protocol;
using ModHost.Worker.Tests.Peers;

namespace ModHost.Worker.Tests;

/// <summary>What the supervisor asks of a worker, and how.</summary>
public sealed class ControlTests
{
    [Fact]
    public void A_heartbeat_is_answered_with_the_load()
    {
        using var worker = LocalWorker.Start();
        worker.Open().Get("/");

        worker.Supervisor.Send(new FrameHeader(FrameType.Heartbeat, Value: 99));

        var alive = worker.Supervisor.Receive(FrameType.Alive);
        var load = WorkerLoad.Read(alive.Payload);
        Assert.Equal(99u, alive.Header.Value);
        Assert.Equal(1ul, load.Requests);
        Assert.NotEqual(0ul, load.CommittedBytes);
    }

    [Fact]
    public void Another_supervisor_gets_the_present_state()
    {
        using var worker = LocalWorker.Start();

        worker.Supervisor.Greet();

        worker.Supervisor.Receive(FrameType.Hello);
        worker.Supervisor.ReceiveState(AppState.Ready);
    }

    [Theory]
    [InlineData("/warm?x=1", 200)]
    [InlineData("/fails", 500)]
    [InlineData("/breaks", 0)]
    public void A_warm_up_request_tells_its_status(string target, int status)
    {
        var seen = "";
        using var worker = LocalWorker.Start(context =>
        {
            seen = context.Request.Path + context.Request.QueryString.ToString();
            if (context.Request.Path == "/breaks")
            {
                context.Abort();
            }

            return context.Request.Path == "/fails" ? throw new InvalidOperationException() : Task.CompletedTask;
        });

        worker.Supervisor.Send(new FrameHeader(FrameType.WarmUp), target);

        Assert.Equal((uint)status, worker.Supervisor.Receive(FrameType.Warmed).Header.Value);
        Assert.Equal(target, seen);
    }

    [Fact]
    public void The_log_level_can_be_changed()
    {
        using var worker = LocalWorker.Start();
        worker.Supervisor.Send(new FrameHeader(FrameType.LogLevel, Value: 4));
        worker.Supervisor.Send(new FrameHeader(FrameType.Ping));
        worker.Supervisor.Receive(FrameType.Pong);

        worker.Worker.App.Log(3, "category", "not wanted");
        worker.Worker.App.Log(4, "category", "wanted\nin two lines");

        var log = worker.Supervisor.Receive(FrameType.Log);
        Assert.Equal(4u, log.Header.Value);
        Assert.Equal(8u, log.Header.Stream);
        Assert.Equal("categorywanted\nin two lines", log.Text);
    }

    [Fact]
    public void Log_lines_that_nobody_reads_are_dropped_and_counted()
    {
        using var worker = LocalWorker.Start();
        var line = new string('x', 100_000);
        for (var i = 0; i < 100; i++)
        {
            worker.Worker.App.Log(4, "c", line);
        }

        var lines = 0;
        // Nothing more comes when nothing has come for so long.
        while (worker.Supervisor.TryReceive(3000) is { } frame)
        {
            Assert.Equal(FrameType.Log, frame.Type);
            lines++;
        }

        worker.Worker.App.Log(4, "c", "last");

        Assert.InRange(lines, 1, 99);
        var notice = worker.Supervisor.Receive(FrameType.Log).Text;
        Assert.Contains($"MH0657: {100 - lines} ", notice, StringComparison.Ordinal);
        Assert.Equal("clast", worker.Supervisor.Receive(FrameType.Log).Text);
    }

    [Fact]
    public void Stop_refuses_what_was_not_begun()
    {
        using var worker = LocalWorker.Start();
        var shim = worker.Open();

        worker.Supervisor.Stop();
        shim.Receive(FrameType.Drain);

        Assert.True(shim.Get("/").WasRefused);
    }

    [Theory]
    [InlineData(FrameType.State)]
    [InlineData(FrameType.Request)]
    [InlineData(FrameType.Config)]
    public void A_frame_that_is_not_for_it_ends_the_connection(FrameType type)
    {
        using var worker = LocalWorker.Start();

        worker.Supervisor.Send(new FrameHeader(type), type == FrameType.Config ? "{}"u8 : []);

        worker.Supervisor.ReceiveClose(type == FrameType.Config ? "MH0651" : "MH0650");
    }

    [Fact]
    public void A_channel_without_its_descriptors_ends_the_connection()
    {
        using var worker = LocalWorker.Start();

        worker.Supervisor.Send(new FrameHeader(FrameType.Channel, Stream: 1, Value: 1, Descriptors: 2));

        worker.Supervisor.ReceiveClose("MH0650");
    }
}
