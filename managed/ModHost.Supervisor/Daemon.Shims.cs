using System.Globalization;
using ModHost.Posix;
using ModHost.Protocol;
using ModHost.Supervisor.Groups;
using ModHost.Supervisor.Loop;
using ModHost.Supervisor.Shims;

namespace ModHost.Supervisor;

/// <content>The web server's processes.</content>
internal sealed partial class Daemon : IShimObserver
{
    // Between two channels to the same worker, when the first one broke.
    private const long RenewalPause = 1_000;

    private readonly List<(ShimConnection Shim, uint Worker, long Due)> _renewals = [];

    void IShimObserver.Joined(ShimConnection shim)
    {
        shim.SendStatusPage(_status.File.Duplicate());
        foreach (var entry in _groups.Values)
        {
            shim.SendGroup(entry.Group.Name, entry.Group.Status);
            foreach (var worker in entry.Group.Workers)
            {
                var known = shim.Workers.Contains(worker.Id);
                if (worker.Offered && !known)
                {
                    MakeChannel(shim, entry.Group, worker);
                }
                else if (!worker.Offered && known)
                {
                    shim.SendDraining(worker.Id);
                }
            }
        }

        _status.Touch();
    }

    void IShimObserver.Demand(ShimConnection shim, string group, uint waiting, uint oldest)
    {
        if (_groups.TryGetValue(group, out var entry))
        {
            entry.Group.Demand.Told(shim.Number, waiting, oldest, EventLoop.Now);
            _status.Touch();
        }
    }

    void IShimObserver.Stuck(ShimConnection shim, uint worker)
    {
        if (_processes.TryGetValue(worker, out var process))
        {
            ProcessGroup.Stuck(process.Worker, EventLoop.Now);
        }
    }

    // Mostly the worker is dying, and there is nothing to renew when the time has come.
    void IShimObserver.Lost(ShimConnection shim, uint worker)
    {
        if (_processes.TryGetValue(worker, out var process) && process.Worker.Offered)
        {
            var last = shim.Renewed.GetValueOrDefault(worker);
            _renewals.Add((shim, worker, Math.Max(EventLoop.Now, last) + RenewalPause));
        }
    }

    void IShimObserver.Left(ShimConnection shim, string? reason)
    {
        _shims.Remove(shim);
        _renewals.RemoveAll(renewal => ReferenceEquals(renewal.Shim, shim));
        foreach (var entry in _groups.Values)
        {
            entry.Group.Demand.Left(shim.Number, EventLoop.Now);
        }

        if (reason is not null)
        {
            Log(LogLevel.Error, Errors.Peer, string.Create(CultureInfo.InvariantCulture,
                $"the connection to web-server process {shim.Pid} was closed: {reason}"));
        }

        _status.Touch();
    }

    private void AcceptShim(Descriptor socket, PeerCredentials credentials) => _shims.Add(
        new ShimConnection(_loop, socket, credentials.Pid, ++_nextShim, _configuration.Generation, this));

    /// <summary>One end of a pair to each side, and the page that both share.</summary>
    private void MakeChannel(ShimConnection shim, ProcessGroup group, Worker worker)
    {
        if (!_processes.TryGetValue(worker.Id, out var process))
        {
            return;
        }

        Descriptor? page = null;
        try
        {
            page = MemoryFile.Create("modhost-begun", FrameLayout.BegunSize);
            var (shimEnd, workerEnd) = UnixSocket.Pair();
            process.SendChannel(shim.Pid, workerEnd, page.Duplicate());
            shim.SendWorker(group.Name, worker, shimEnd, page);
        }
        catch (PosixException exception)
        {
            page?.Dispose();
            ((IGroupEffects)this).Log(group, worker, LogLevel.Error, Errors.Channel, string.Create(
                CultureInfo.InvariantCulture,
                $"no channel to web-server process {shim.Pid}: {exception.Message}"));
            _renewals.Add((shim, worker.Id, EventLoop.Now + RenewalPause));
        }
    }

    private long StepRenewals(long now)
    {
        var due = long.MaxValue;
        foreach (var renewal in _renewals.ToArray())
        {
            if (renewal.Due > now)
            {
                due = Math.Min(due, renewal.Due);
                continue;
            }

            _renewals.Remove(renewal);
            if (_processes.TryGetValue(renewal.Worker, out var process) && process.Worker.Offered
                && !renewal.Shim.Workers.Contains(renewal.Worker))
            {
                renewal.Shim.Renewed[renewal.Worker] = now;
                MakeChannel(renewal.Shim, process.Group, process.Worker);
            }
        }

        return due;
    }

    // Workers of a supervisor whose state was lost with its watchdog: when there are others, they shall go. They end
    // by themselves when their last channel is closed.
    private void RetireStrangers()
    {
        if (_processes.Count == 0 || _groups.Values.Any(entry =>
            entry.Group.Workers.Any(worker => worker.State < WorkerState.Ready)))
        {
            return;
        }

        foreach (var shim in _shims.ToArray())
        {
            if (!shim.HasJoined || shim.HasRetiredStrangers)
            {
                continue;
            }

            shim.HasRetiredStrangers = true;
            foreach (var worker in shim.Workers.Where(worker => !_processes.ContainsKey(worker)).ToArray())
            {
                shim.SendDraining(worker);
            }
        }
    }
}
