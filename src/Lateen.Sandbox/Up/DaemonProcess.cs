using System.Globalization;

namespace Lateen.Sandbox.Up;

/// <summary>The process that hosts a mesh, found by the file in its state folder.</summary>
internal sealed class DaemonProcess(SandboxOptions options)
{
    /// <summary>Notes that this process hosts the mesh.</summary>
    /// <exception cref="SandboxException">Another live process does.</exception>
    public void Claim()
    {
        if (Find() is { } other && other != Environment.ProcessId)
        {
            throw new SandboxException($"mesh {options.Network.Mesh} is up already: process {other} hosts it from {options.Home}; take it down first with 'lateen down'");
        }

        File.WriteAllText(options.ProcessFile, Environment.ProcessId.ToString(CultureInfo.InvariantCulture));
    }

    /// <summary>The live process that hosts the mesh; null when there is none. A number that was given to another program since does not count.</summary>
    public int? Find()
    {
        if (!File.Exists(options.ProcessFile)
            || !int.TryParse(File.ReadAllText(options.ProcessFile), NumberStyles.None, CultureInfo.InvariantCulture, out int process))
        {
            return null;
        }

        try
        {
            string[] line = File.ReadAllText($"/proc/{process}/cmdline").Split('\0');
            return line.Contains("sandbox") && line.Contains(options.Home) ? process : null;
        }
        catch (IOException)
        {
            return null;
        }
    }
}
