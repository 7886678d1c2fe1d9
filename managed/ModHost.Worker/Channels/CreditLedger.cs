using ModHost.Protocol;

namespace ModHost.Worker.Channels;

/// <summary>What one channel was lent.</summary>
internal sealed class Loan
{
    /// <summary>How many requests it may have at a time; negative: as many as it likes.</summary>
    public long Held { get; set; } = -1;

    /// <summary>How many requests wait there for a credit, as it said last, less what it got since.</summary>
    public long Wanted { get; set; }

    /// <summary>Credits that it has got and was not told of.</summary>
    public uint Lent { get; set; }

    /// <summary>It was asked for credits, and has not answered.</summary>
    public bool Recalled { get; set; }

    public bool Covers(int open) => Held < 0 || open <= Held;
}

/// <summary>
/// The worker's limit on concurrency, lent to web-server processes. The sum of what is lent never passes it. Loop.
/// </summary>
internal sealed class CreditLedger(int limit)
{
    private readonly List<Channel> _channels = [];
    private long _left = limit;

    /// <summary>Whether there is a limit at all.</summary>
    public bool IsLimited => limit > 0;

    /// <summary>Whether a channel waits for credits that others hold: <see cref="Balance"/> is due.</summary>
    public bool IsShort => _channels.Exists(static channel => channel.Loan.Wanted > 0);

    /// <summary>A new channel: how many it gets to begin with, for its HELLO.</summary>
    public uint Open(Channel channel)
    {
        if (!IsLimited)
        {
            return FrameLayout.CreditsUnlimited;
        }

        // Half of the rest leaves something for those that follow.
        var first = (_left + 1) / 2;
        _left -= first;
        channel.Loan.Held = first;
        _channels.Add(channel);
        return (uint)first;
    }

    /// <summary>So many requests wait at a channel.</summary>
    public void Want(Channel channel, uint count)
    {
        channel.Loan.Wanted = count;
        Lend();
        Balance();
    }

    /// <summary>A channel gives credits back. False: it does not have so many free.</summary>
    public bool TryReturn(Channel channel, uint count)
    {
        var loan = channel.Loan;
        if (loan.Held - count < channel.Open)
        {
            return false;
        }

        loan.Held -= count;
        loan.Recalled = false;
        _left += count;
        Lend();
        return true;
    }

    /// <summary>A channel has ended. What its streams still use comes back with their ends.</summary>
    public void Close(Channel channel)
    {
        if (_channels.Remove(channel))
        {
            var used = Math.Min(channel.OpenAtEnd, channel.Loan.Held);
            _left += channel.Loan.Held - used;
            channel.Loan.Held = used;
            channel.Loan.Wanted = 0;
            Lend();
        }
    }

    /// <summary>A stream of an ended channel has ended too.</summary>
    public void StreamEnded(Channel channel)
    {
        if (IsLimited && channel.Loan.Held > 0)
        {
            channel.Loan.Held--;
            _left++;
            Lend();
        }
    }

    /// <summary>Asks those that hold more than they use, or than their share, for what others wait for.</summary>
    public void Balance()
    {
        var missing = _channels.Sum(static channel => channel.Loan.Wanted);
        if (missing == 0)
        {
            return;
        }

        var share = Math.Max(1, limit / _channels.Count);
        foreach (var channel in _channels)
        {
            var loan = channel.Loan;
            if (loan.Recalled || (loan.Wanted > 0 && loan.Held <= share))
            {
                continue;
            }

            var spare = Math.Max(loan.Held - channel.Open, loan.Held - share);
            var count = Math.Min(spare, missing - loan.Wanted);
            if (count > 0)
            {
                loan.Recalled = true;
                channel.Send(new FrameHeader(FrameType.Recall, Value: (uint)count));
                missing -= count;
            }
        }
    }

    /// <summary>
    /// One by one to whoever holds least, so that what was recalled does not go back to where it was.
    /// </summary>
    private void Lend()
    {
        while (_left > 0
            && _channels.Where(static channel => channel.Loan.Wanted > 0).MinBy(static channel => channel.Loan.Held)
                is { } least)
        {
            _left--;
            least.Loan.Held++;
            least.Loan.Wanted--;
            least.Loan.Lent++;
        }

        foreach (var channel in _channels)
        {
            if (channel.Loan.Lent > 0)
            {
                channel.Send(new FrameHeader(FrameType.Credit, Value: channel.Loan.Lent));
                channel.Loan.Lent = 0;
            }
        }
    }
}
