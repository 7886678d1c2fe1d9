namespace ModHost.Supervisor.Tests.Running;

/// <summary>Waits for a condition.</summary>
internal static class Until
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    public static void True(string what, Func<bool> condition)
    {
        var end = DateTime.UtcNow + s_patience;
        Exception? last = null;
        while (DateTime.UtcNow < end)
        {
            try
            {
                if (condition())
                {
                    return;
                }
            }
            catch (Exception exception) when (exception is IOException or InvalidOperationException
                or System.Net.Sockets.SocketException or System.Text.Json.JsonException)
            {
                last = exception;
            }

            Thread.Sleep(10);
        }

        throw new TimeoutException($"Waited in vain: {what}", last);
    }
}
