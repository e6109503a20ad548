namespace Lateen.Sandbox.Up;

/// <summary><c>lateen status</c>: whether a mesh is up.</summary>
public static class SandboxStatus
{
    /// <summary>The process that hosts the mesh; null when it is not up.</summary>
    public static int? Find(SandboxOptions options) => new DaemonProcess(options).Find();
}
