using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.CompilerServices;
using Google.Protobuf.Reflection;
using Lateen.Api.Generated;
using Shouldly;
using Xunit;

namespace Lateen.Tests.Api;

/// <summary>
/// Holds our subset against the published files, as the npm package @grpc/grpc-js-xds carries them: every message, field, oneof and enum
/// value of ours must be there with the same name, number, type and JSON name. Skipped where npm, the registry or protoc is missing.
/// </summary>
public sealed class PublishedProtosTests
{
    // Not in the package: Istio's own messages and two packages of other projects that Envoy's files import.
    private static readonly string[] Elsewhere = ["istio.", "io.istio.", "stats", "envoy.tcp.", "opentelemetry.", "opencensus."];

    private static readonly string[] PublishedFolders = ["envoy-api", "googleapis", "protoc-gen-validate", "xds"];

    [Fact]
    public void Subset_ComparedWithPublishedFiles_HasTheSameNamesNumbersAndTypes()
    {
        var published = Published();
        var differences = new List<string>();
        var compared = 0;
        foreach (var file in ApiFiles.All().Where(f => !Elsewhere.Any(e => f.Package.StartsWith(e, StringComparison.Ordinal))))
        {
            foreach (var message in file.MessageTypes)
            {
                compared += Compare(message, published, differences);
            }
            foreach (var type in file.EnumTypes)
            {
                Compare(type, published, differences);
            }
        }
        differences.ShouldBeEmpty(string.Join("\n", differences.Take(20)));
        compared.ShouldBeGreaterThan(1000);
    }

    private static int Compare(MessageDescriptor ours, IReadOnlyDictionary<string, object> published, List<string> differences)
    {
        if (published.GetValueOrDefault(ours.FullName) is not DescriptorProto theirs)
        {
            differences.Add($"{ours.FullName}: no such message");
            return 0;
        }
        var fields = theirs.Field.ToDictionary(f => f.Number);
        foreach (var field in ours.ToProto().Field)
        {
            var expected = fields.TryGetValue(field.Number, out var found) ? Describe(theirs, found, found.JsonName) : "nothing";
            // Generated code leaves json_name out where it is the usual one; the descriptor works it out again.
            var actual = Describe(ours.ToProto(), field, ours.FindFieldByNumber(field.Number).JsonName);
            if (expected != actual)
            {
                differences.Add($"{ours.FullName}: {actual}, published {expected}");
            }
        }
        foreach (var type in ours.EnumTypes)
        {
            Compare(type, published, differences);
        }
        return ours.Fields.InFieldNumberOrder().Count
            + ours.NestedTypes.Where(n => n.GetOptions()?.MapEntry != true).Sum(n => Compare(n, published, differences));
    }

    private static void Compare(EnumDescriptor ours, IReadOnlyDictionary<string, object> published, List<string> differences)
    {
        if (published.GetValueOrDefault(ours.FullName) is not EnumDescriptorProto theirs)
        {
            differences.Add($"{ours.FullName}: no such enum");
            return;
        }
        var values = theirs.Value.ToDictionary(v => v.Name, v => v.Number);
        differences.AddRange(ours.Values.Where(v => values.GetValueOrDefault(v.Name, int.MinValue) != v.Number)
            .Select(v => $"{ours.FullName}: {v.Name} = {v.Number} is not published"));
    }

    private static string Describe(DescriptorProto message, FieldDescriptorProto field, string jsonName) =>
        $"{field.Label} {field.Type}{field.TypeName} {field.Name} = {field.Number} json {jsonName}"
        + (field.HasOneofIndex ? $" in {message.OneofDecl[field.OneofIndex].Name}" : string.Empty);

    private static Dictionary<string, object> Published()
    {
        var protoc = Directory.Exists(NuGetFolder())
            ? Directory.GetDirectories(NuGetFolder()).Order(StringComparer.Ordinal).Select(d => Path.Combine(d, "tools", "linux_x64", "protoc")).LastOrDefault(File.Exists)
            : null;
        Assert.SkipWhen(protoc is null, "protoc is not in the package folder (Grpc.Tools)");
        var folder = Directory.CreateTempSubdirectory("lateen-protos-");
        try
        {
            Assert.SkipUnless(
                Run("npm", ["pack", "@grpc/grpc-js-xds@1.14.1", "--silent"], folder.FullName) && folder.GetFiles("*.tgz") is [_, ..]
                    && Run("tar", ["xzf", folder.GetFiles("*.tgz")[0].Name], folder.FullName),
                "npm or its registry is not to be had, so there is nothing to compare with");
            var deps = Path.Combine(folder.FullName, "package", "deps");
            // The package pairs files of two releases: this option of the validation rules is newer than its definition.
            foreach (var file in Directory.GetFiles(deps, "*.proto", SearchOption.AllDirectories))
            {
                var text = File.ReadAllText(file);
                if (text.Contains("ignore_empty: true", StringComparison.Ordinal))
                {
                    File.WriteAllText(file, text.Replace(", ignore_empty: true", "", StringComparison.Ordinal).Replace("ignore_empty: true", "", StringComparison.Ordinal));
                }
            }
            var include = Path.Combine(Path.GetDirectoryName(protoc)!, "..", "..", "build", "native", "include");
            var ours = OurProtos();
            var roots = ApiFiles.All().Where(f => !Elsewhere.Any(e => f.Package.StartsWith(e, StringComparison.Ordinal))).Select(f => f.Name);
            var output = Path.Combine(folder.FullName, "all.pb");
            Run(protoc!,
                [
                    .. PublishedFolders.Select(d => "-I" + Path.Combine(deps, d)),
                    "-I" + ours, "-I" + include, "--include_imports", "--descriptor_set_out=" + output, .. roots,
                ], folder.FullName).ShouldBeTrue("protoc did not read the published files");
            var all = new Dictionary<string, object>();
            foreach (var file in FileDescriptorSet.Parser.ParseFrom(File.ReadAllBytes(output)).File)
            {
                foreach (var message in file.MessageType)
                {
                    Add(all, file.Package, message);
                }
                foreach (var type in file.EnumType)
                {
                    all[$"{file.Package}.{type.Name}"] = type;
                }
            }
            return all;
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static void Add(Dictionary<string, object> all, string scope, DescriptorProto message)
    {
        var name = $"{scope}.{message.Name}";
        all[name] = message;
        foreach (var nested in message.NestedType)
        {
            Add(all, name, nested);
        }
        foreach (var type in message.EnumType)
        {
            all[$"{name}.{type.Name}"] = type;
        }
    }

    private static bool Run(string program, IReadOnlyList<string> arguments, string folder)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(program, arguments)
            {
                WorkingDirectory = folder, RedirectStandardError = true, RedirectStandardOutput = true,
            })!;
            process.OutputDataReceived += (_, _) => { };
            process.BeginOutputReadLine();
            process.ErrorDataReceived += (_, _) => { };
            process.BeginErrorReadLine();
            if (!process.WaitForExit(TimeSpan.FromSeconds(60)))
            {
                process.Kill(entireProcessTree: true);
                return false;
            }
            return process.ExitCode == 0;
        }
        catch (Win32Exception)
        {
            return false;
        }
    }

    private static string NuGetFolder() => Path.Combine(
        Environment.GetEnvironmentVariable("NUGET_PACKAGES") ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages"),
        "grpc.tools");

    private static string OurProtos([CallerFilePath] string path = "") =>
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(path)!, "..", "..", "..", "src", "Lateen.Api", "protos"));
}
