using static ModHost.Protocol.FrameRoute;

namespace ModHost.Protocol;

/// <summary>
/// What the header of each type may say: where the type is at home, bounds of its length, flags, descriptors, and
/// whether it has a stream and a value. What depends on a state is for the receiver to judge.
/// </summary>
public static class FrameRules
{
    private const int Longest = FrameLayout.LengthMax;
    private const int LeastRequest = RequestStart.Size + HeadLayout.RequestSize;

    private static readonly Rule[] s_rules = Build();

    /// <summary>Checks a header that came on <paramref name="route"/>.</summary>
    public static FrameError Check(in FrameHeader header, FrameRoute route)
    {
        var number = (int)header.Type;
        if (number >= s_rules.Length || (s_rules[number].Routes & route) == 0)
        {
            return FrameError.Type;
        }

        ref readonly var rule = ref s_rules[number];
        if (header.Length < rule.Least || header.Length > rule.Most)
        {
            return FrameError.Length;
        }

        if ((header.Flags & ~rule.Flags) != 0)
        {
            return FrameError.Flags;
        }

        if (header.Descriptors < rule.Descriptors.Least || header.Descriptors > rule.Descriptors.Most)
        {
            return FrameError.Descriptors;
        }

        if ((header.Stream != 0 && rule.Stream == Use.None)
            || (rule.Stream == Use.Stream && FrameLayout.Count(header.Stream) == 0))
        {
            return FrameError.Stream;
        }

        return header.Value != 0 && rule.Value == Use.None ? FrameError.Value : FrameError.None;
    }

    private static Rule[] Build()
    {
        var rules = new Rule[(int)FrameType.Shutdown + 1];
        void Add(FrameType type, FrameRoute routes, int least = 0, int most = 0, int flags = 0, int descriptors = 0,
            Use stream = Use.None, bool value = false, int descriptorsLeast = -1) =>
            rules[(int)type] = new Rule(routes, least, most, flags,
                (descriptorsLeast < 0 ? descriptors : descriptorsLeast, descriptors), stream,
                value ? Use.Number : Use.None);

        Add(FrameType.Hello, Any & ~KeepingToWatchdog & ~KeepingToSupervisor, Hello.Size, Hello.Size);
        Add(FrameType.Close, Any, most: Longest, value: true);
        Add(FrameType.Ping, Any, value: true);
        Add(FrameType.Pong, Any, value: true);

        Add(FrameType.Request, ChannelToWorker, LeastRequest, Longest, stream: Use.Stream);
        Add(FrameType.Body, ChannelToWorker, most: Longest, flags: FrameLayout.BodyEnd | FrameLayout.BodyTrailers,
            stream: Use.Stream);
        Add(FrameType.Sent, ChannelToWorker, stream: Use.Stream, value: true);
        Add(FrameType.Abort, ChannelToWorker, stream: Use.Stream, value: true);
        Add(FrameType.Want, ChannelToWorker, value: true);
        Add(FrameType.Return, ChannelToWorker, value: true);
        Add(FrameType.Drained, ChannelToWorker);

        Add(FrameType.Send, ChannelToWebServer, most: Longest, flags: FrameLayout.SendAll, descriptors: 1,
            descriptorsLeast: 0, stream: Use.Stream, value: true);
        Add(FrameType.Read, ChannelToWebServer, stream: Use.Stream, value: true);
        Add(FrameType.Reset, ChannelToWebServer, stream: Use.Stream, value: true);
        Add(FrameType.Release, ChannelToWebServer, stream: Use.Stream);
        Add(FrameType.Refuse, ChannelToWebServer, stream: Use.Stream);
        Add(FrameType.Credit, ChannelToWebServer, value: true);
        Add(FrameType.Recall, ChannelToWebServer, value: true);
        Add(FrameType.Drain, ChannelToWebServer);

        Add(FrameType.Have, ShimToSupervisor, most: Longest);
        Add(FrameType.Demand, ShimToSupervisor, Demand.Size + 1, Demand.Size + FrameLayout.KeyMax);
        Add(FrameType.Stuck, ShimToSupervisor, value: true);
        Add(FrameType.Lost, ShimToSupervisor, value: true);
        Add(FrameType.Status, ShimToWebServer, descriptors: 1);
        Add(FrameType.Group, ShimToWebServer, GroupState.Size + 1, Longest);
        Add(FrameType.Worker, ShimToWebServer, WorkerOffer.Size + 1, Longest, descriptors: 2);
        Add(FrameType.Draining, ShimToWebServer, value: true);
        Add(FrameType.Gone, ShimToWebServer, most: Longest, value: true);

        Add(FrameType.Config, ControlToWorker, 2, Longest);
        Add(FrameType.Channel, ControlToWorker, descriptors: 2, stream: Use.Number, value: true);
        Add(FrameType.Heartbeat, ControlToWorker, value: true);
        Add(FrameType.WarmUp, ControlToWorker, 1, 8192);
        Add(FrameType.DrainAll, ControlToWorker);
        Add(FrameType.Stop, ControlToWorker, value: true);
        Add(FrameType.LogLevel, ControlToWorker, value: true);
        Add(FrameType.State, ControlToSupervisor, most: Longest, stream: Use.Number, value: true);
        Add(FrameType.Log, ControlToSupervisor, most: Longest, stream: Use.Number, value: true);
        Add(FrameType.Alive, ControlToSupervisor, WorkerLoad.Size, WorkerLoad.Size, value: true);
        Add(FrameType.Warmed, ControlToSupervisor, value: true);

        Add(FrameType.Store, KeepingToWatchdog, 1, FrameLayout.KeyMax, descriptors: 1);
        Add(FrameType.Drop, KeepingToWatchdog, 1, FrameLayout.KeyMax);
        Add(FrameType.Blob, KeepingToWatchdog, most: Longest);
        Add(FrameType.Ready, KeepingToWatchdog);
        Add(FrameType.Failed, KeepingToWatchdog, most: Longest);
        Add(FrameType.Done, KeepingToWatchdog);
        Add(FrameType.Limit, KeepingToWatchdog, value: true);
        Add(FrameType.Kept, KeepingToSupervisor, 1, FrameLayout.KeyMax, descriptors: 1);
        Add(FrameType.KeptBlob, KeepingToSupervisor, most: Longest);
        Add(FrameType.KeptAll, KeepingToSupervisor, value: true);
        Add(FrameType.Exited, KeepingToSupervisor, stream: Use.Number, value: true);
        Add(FrameType.Shutdown, KeepingToSupervisor);
        return rules;
    }

    private enum Use : byte
    {
        /// <summary>Must be 0.</summary>
        None,

        /// <summary>Any number.</summary>
        Number,

        /// <summary>The number of a stream: its count is not 0.</summary>
        Stream,
    }

    private readonly record struct Rule(
        FrameRoute Routes, int Least, int Most, int Flags, (int Least, int Most) Descriptors, Use Stream, Use Value);
}
