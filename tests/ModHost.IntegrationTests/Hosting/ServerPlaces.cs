namespace ModHost.IntegrationTests.Hosting;

/// <summary>Where one web server has its things: a private prefix and ports of its own.</summary>
internal sealed record ServerPlaces(string Prefix, int Port, int Http2Port, int TlsPort)
{
    public string ErrorLog => Path.Combine(Prefix, "error.log");

    public string AccessLog => Path.Combine(Prefix, "access.log");

    public string Configuration => Path.Combine(Prefix, WebServer.Tested.Name + ".conf");

    public string PidFile => Path.Combine(Prefix, WebServer.Tested.Name + ".pid");

    public string Static => Path.Combine(Prefix, "static");
}
