using System.CommandLine;
using Lateen.Cli.Cluster;
using Lateen.Config.Validation;

namespace Lateen.Cli.Commands.Validate;

/// <summary><c>lateen validate</c>: each resource of some files by itself, as admission would judge it. Needs no cluster.</summary>
internal static class ValidateCommand
{
    private const string NoFile = """
        you must specify resources by --filename.
        Example resource specifications include:
           '-f rsrc.yaml'
           '--filename=rsrc.json'
        """;

    public static Command Create(ClusterOptions cluster)
    {
        Option<string[]> files = new("--filename", "-f") { Description = "Files or directories of YAML or JSON, separated by commas; - reads standard input; may be repeated" };
        Option<bool> referential = new("--referential", "-x") { Description = "Accepted and not used, as in istioctl" };
        Command command = new("validate", "Validate Istio policy and rules files") { Aliases = { "v" }, Options = { files, referential } };
        command.SetAction(async (line, cancellation) =>
        {
            string[] named = [.. (line.GetValue(files) ?? []).SelectMany(value => value.Split(',', StringSplitOptions.RemoveEmptyEntries))];
            if (named.Length == 0)
            {
                throw new CommandException(NoFile);
            }

            List<string> errors = [];
            List<string> valid = [];
            foreach (ConfigFile file in await ConfigFiles.ReadAsync(named, recursive: true, cancellation))
            {
                FileValidation validation = FileValidation.Of(file.Text, file.Name == "-" ? null : file.Name, cluster.IstioNamespaceOf(line));
                foreach (string notice in validation.Notices)
                {
                    await Console.Error.WriteLineAsync(notice);
                }

                errors.AddRange(validation.Errors);
                if (!validation.Warnings.IsEmpty)
                {
                    await Console.Error.WriteLineAsync($"\"{file.Name}\" has warnings: \n\t{string.Join("\n\t", validation.Warnings.Select(text => $"* {text}"))}\n");
                }
                else if (validation.Errors.IsEmpty)
                {
                    valid.Add(file.Name == "-" ? "validation succeed" : $"\"{file.Name}\" is valid");
                }
            }

            if (errors.Count > 0)
            {
                throw new CommandException($"{errors.Count} error{(errors.Count == 1 ? "" : "s")} occurred:\n\t{string.Join("\n\t", errors.Select(text => $"* {text}"))}\n");
            }

            foreach (string text in valid)
            {
                await Console.Error.WriteLineAsync(text);
            }
        });
        return command;
    }
}
