namespace ModHost.Supervisor;

/// <summary>Levels as web servers name them; the lower the more severe.</summary>
internal enum LogLevel
{
    Emergency,
    Alert,
    Critical,
    Error,
    Warning,
    Notice,
    Info,
    Debug,
}
