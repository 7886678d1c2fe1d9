namespace ModHost.Posix;

/// <summary>SO_PEERCRED: who connected, or made the pair.</summary>
public readonly record struct PeerCredentials(int Pid, uint User, uint Group);
