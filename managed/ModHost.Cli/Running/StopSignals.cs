using System.Runtime.InteropServices;

namespace ModHost.Cli.Running;

/// <summary>Ctrl-C and its like: none of them ends this process, each is handed on.</summary>
internal sealed class StopSignals : IDisposable
{
    private static readonly PosixSignal[] s_signals =
        [PosixSignal.SIGINT, PosixSignal.SIGTERM, PosixSignal.SIGHUP, PosixSignal.SIGQUIT];

    private readonly PosixSignalRegistration[] _registrations;

    /// <param name="stop">Any thread.</param>
    public StopSignals(Action stop) => _registrations = [.. s_signals.Select(signal =>
        PosixSignalRegistration.Create(signal, context =>
        {
            context.Cancel = true;
            stop();
        }))];

    public void Dispose() => Array.ForEach(_registrations, registration => registration.Dispose());
}
