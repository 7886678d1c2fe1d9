using System.Text;
using System.Text.RegularExpressions;

namespace ModHost.Protocol.Tests;

/// <summary>Frames: numbers as C has them, golden conversations, and whatever a hostile sender makes of them.</summary>
public sealed partial class FrameTests
{
    // In a good conversation; every one is tried with every route.
    private static readonly string Folder = Path.Combine(Repository.Vectors, "frames");

    public static TheoryData<string> Conversations => Files(Folder);

    /// <summary>Of the bad ones, those that a decoder alone can tell.</summary>
    public static TheoryData<string> Faults
    {
        get
        {
            var data = new TheoryData<string>();
            foreach (var file in Directory.EnumerateFiles(Path.Combine(Folder, "bad"), "*.bin"))
            {
                if (!StateFaults().IsMatch(file))
                {
                    data.Add(Path.GetFileName(file));
                }
            }

            return data;
        }
    }

    [Fact]
    public void Types_have_the_numbers_of_C()
    {
        var header = File.ReadAllText(Path.Combine(Repository.Root, "native", "include", "modhost", "protocol.h"));
        var numbers = FrameDefine().Matches(header).ToDictionary(
            match => match.Groups[1].Value.Replace("_", "", StringComparison.Ordinal).ToUpperInvariant(),
            match => int.Parse(match.Groups[2].Value));

        var own = Enum.GetValues<FrameType>().Where(type => type != FrameType.None)
            .Select(type => (type.ToString().ToUpperInvariant(), (int)type));
        Assert.Equal(own.Order(), numbers.Select(pair => (pair.Key, pair.Value)).Order());
    }

    [Theory]
    [InlineData("PROTOCOL_MAGIC", FrameLayout.Magic)]
    [InlineData("PROTOCOL_VERSION", FrameLayout.Version)]
    [InlineData("FRAME_LENGTH_MAX", FrameLayout.LengthMax)]
    [InlineData("FRAME_BODY_MAX", FrameLayout.BodyMax)]
    [InlineData("STREAM_SLOTS", FrameLayout.StreamSlots)]
    [InlineData("BEGUN_TAKEN", FrameLayout.BegunTaken)]
    [InlineData("CREDITS_UNLIMITED", FrameLayout.CreditsUnlimited)]
    [InlineData("AFFINITY_LENGTH", FrameLayout.AffinityLength)]
    [InlineData("STATUS_SIZE", FrameLayout.StatusSize)]
    [InlineData("KEY_MAX", FrameLayout.KeyMax)]
    public void Limits_are_those_of_C(string name, long value)
    {
        var header = File.ReadAllText(Path.Combine(Repository.Root, "native", "include", "modhost", "protocol.h"));
        var text = Regex.Match(header, $@"#define MODHOST_{name}\s+(\w+?)u?\s").Groups[1].Value;

        var number = text.StartsWith("0x", StringComparison.Ordinal) ? Convert.ToInt64(text, 16) : long.Parse(text);
        Assert.Equal(value, number);
    }

    [Theory]
    [InlineData("frame", FrameLayout.HeaderSize)]
    [InlineData("file_range", FileRange.Size)]
    [InlineData("request_start", RequestStart.Size)]
    [InlineData("hello", Hello.Size)]
    [InlineData("demand", Demand.Size)]
    [InlineData("group_state", GroupState.Size)]
    [InlineData("worker_offer", WorkerOffer.Size)]
    [InlineData("worker_load", WorkerLoad.Size)]
    public void Sizes_are_those_of_C(string name, int size)
    {
        var header = File.ReadAllText(Path.Combine(Repository.Root, "native", "include", "modhost", "protocol.h"));

        Assert.Contains($"_Static_assert(sizeof(modhost_{name}) == {size},", header, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Conversations))]
    public void Conversations_read_as_their_text_says(string name)
    {
        var bytes = File.ReadAllBytes(Path.Combine(Folder, name));
        var text = new StringBuilder();
        var again = new List<byte>();
        var count = 0;

        Decode(bytes, Route(name), bytes.Length, (header, payload) =>
        {
            FrameDump.Frame(text, count++, header, payload);
            again.AddRange(header.Frame(payload));
        });

        var expected = File.ReadAllText(Path.Combine(Folder, Path.ChangeExtension(name, ".txt")), Encoding.Latin1);
        Assert.Equal(expected, text.ToString());
        Assert.Equal(bytes, again);
    }

    [Theory]
    [MemberData(nameof(Conversations))]
    public void Conversations_may_be_cut_anywhere(string name)
    {
        var bytes = File.ReadAllBytes(Path.Combine(Folder, name));
        var whole = new List<FrameHeader>();
        Decode(bytes, Route(name), bytes.Length, (header, _) => whole.Add(header));

        foreach (var size in (ReadOnlySpan<int>)[1, 3, 7, 16, 100])
        {
            var cut = new List<FrameHeader>();
            Assert.Equal(FrameError.None, Decode(bytes, Route(name), size, (header, _) => cut.Add(header)));
            Assert.Equal(whole, cut);
        }
    }

    [Theory]
    [MemberData(nameof(Conversations))]
    public void Frames_have_no_place_on_another_route(string name)
    {
        var bytes = File.ReadAllBytes(Path.Combine(Folder, name));
        foreach (var route in Enum.GetValues<FrameRoute>())
        {
            if (route is not (FrameRoute.None or FrameRoute.Any) && route != Route(name))
            {
                Assert.NotEqual(FrameError.None, Decode(bytes, route, bytes.Length, (_, _) => { }));
            }
        }
    }

    [Theory]
    [MemberData(nameof(Faults))]
    public void Faults_are_refused(string name)
    {
        var bytes = File.ReadAllBytes(Path.Combine(Folder, "bad", name));

        Assert.NotEqual(FrameError.None, Decode(bytes, Route(name), bytes.Length, (_, _) => { }));
    }

    [Theory]
    [MemberData(nameof(Conversations))]
    public void Lies_are_refused_or_harmless(string name)
    {
        var original = File.ReadAllBytes(Path.Combine(Folder, name));
        for (var round = 0; round < 2000; round++)
        {
            var random = new Random(round);
            var bytes = original.ToArray();
            for (var count = random.Next(1, 4); count > 0; count--)
            {
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            }

            // Nothing outside of the bytes is ever read: a payload is a span, and reading beyond it throws.
            Decode(bytes, Route(name), random.Next(1, bytes.Length + 1), (header, payload) =>
            {
                Assert.InRange(header.Length, 0, FrameLayout.LengthMax);
                Assert.Equal(header.Length, payload.Length);
                Hello.TryRead(payload, out _);
            });
        }
    }

    [Fact]
    public void A_claimed_length_costs_nothing()
    {
        var header = new FrameHeader(FrameType.Close).Frame([]);
        BitConverter.TryWriteBytes(header, FrameLayout.LengthMax + 1);
        var before = GC.GetAllocatedBytesForCurrentThread();
        var decoder = new FrameDecoder(FrameRoute.ChannelToWorker);
        header.CopyTo(decoder.Free());
        decoder.Received(header.Length);

        Assert.False(decoder.TryRead(out _, out _));
        Assert.Equal(FrameError.Length, decoder.Error);
        Assert.False(decoder.TryRead(out _, out _));
        Assert.NotEqual(0, decoder.Free().Length);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 100_000);
    }

    [Fact]
    public void The_longest_frame_is_read_and_its_memory_given_back()
    {
        var decoder = new FrameDecoder(FrameRoute.ChannelToWorker, hello: false);
        var frame = new FrameHeader(FrameType.Close).Frame(new byte[FrameLayout.LengthMax]);
        ReadOnlySpan<byte> rest = frame;
        var largest = 0;
        while (!rest.IsEmpty)
        {
            var free = decoder.Free();
            largest = Math.Max(largest, free.Length);
            var length = Math.Min(free.Length, rest.Length);
            rest[..length].CopyTo(free);
            decoder.Received(length);
            rest = rest[length..];
            Assert.Equal(rest.IsEmpty, decoder.TryRead(out _, out var payload));
            Assert.Equal(rest.IsEmpty ? FrameLayout.LengthMax : 0, payload.Length);
        }

        Assert.InRange(decoder.Free().Length, 1, FrameDecoder.UsualBuffer);
    }

    private static FrameError Decode(
        ReadOnlySpan<byte> bytes, FrameRoute route, int pieces, Action<FrameHeader, byte[]> seen)
    {
        var keeping = route is FrameRoute.KeepingToSupervisor or FrameRoute.KeepingToWatchdog;
        var decoder = new FrameDecoder(route, hello: !keeping);
        while (!bytes.IsEmpty)
        {
            var free = decoder.Free();
            var length = Math.Min(Math.Min(free.Length, pieces), bytes.Length);
            bytes[..length].CopyTo(free);
            decoder.Received(length);
            bytes = bytes[length..];
            while (decoder.TryRead(out var header, out var payload))
            {
                if (header.Type == FrameType.Hello && !Hello.TryRead(payload, out _))
                {
                    return FrameError.NotHello;
                }

                seen(header, payload.ToArray());
            }

            if (decoder.Error != FrameError.None)
            {
                return decoder.Error;
            }
        }

        return FrameError.None;
    }

    private static FrameRoute Route(string name)
    {
        var plain = name.Replace("-", "", StringComparison.Ordinal);
        return Enum.GetValues<FrameRoute>().Where(route => route is not (FrameRoute.None or FrameRoute.Any))
            .Single(route => plain.StartsWith(route.ToString(), StringComparison.OrdinalIgnoreCase));
    }

    private static TheoryData<string> Files(string folder)
    {
        var data = new TheoryData<string>();
        foreach (var file in Directory.EnumerateFiles(folder, "*.bin").Order(StringComparer.Ordinal))
        {
            data.Add(Path.GetFileName(file));
        }

        return data;
    }

    [GeneratedRegex(@"^#define MODHOST_FRAME_(\w+)\s+(\d+)\s+/\*", RegexOptions.Multiline)]
    private static partial Regex FrameDefine();

    [GeneratedRegex("-(count|slot-in-use|window|reason|idle-stream|hello-twice|kind|name)\\.bin$")]
    private static partial Regex StateFaults();
}
