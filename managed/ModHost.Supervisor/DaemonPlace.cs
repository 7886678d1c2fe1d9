namespace ModHost.Supervisor;

/// <summary>Where a supervisor is at home.</summary>
/// <param name="Directory">The instance directory.</param>
/// <param name="ConfigurationFile">Of a supervisor that runs alone; null: generations in the directory.</param>
internal sealed record DaemonPlace(string Directory, string? ConfigurationFile)
{
    public string ShimSocket => Path.Combine(Directory, "shim.sock");

    public string ControlSocket => Path.Combine(Directory, "control.sock");

    public string Lock => Path.Combine(Directory, "lock");
}
