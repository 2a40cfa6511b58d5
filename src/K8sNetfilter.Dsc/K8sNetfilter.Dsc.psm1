# The resources of K8sNetfilter as classes. DSC finds them by reading this file without running it, so that each stands here in full;
# what they do is K8sNetfilter's, the same as of its command resources.

enum Ensure {
    Absent
    Present
}

# A kernel module that is there, or is not: now and, with Persist, at the next boot.
[DscResource()]
class KernelModule {
    [DscProperty(Key)] [string] $Name
    [DscProperty()] [Ensure] $Ensure = [Ensure]::Present
    # The next boot gives the same.
    [DscProperty()] [bool] $Persist
    # The modules-load.d(5) file that is to name the module; /etc/modules-load.d/k8s.conf where none is given.
    [DscProperty()] [string] $Path
    # What the module is loaded with, such as @{ hashsize = 16384 }; with Persist also in /etc/modprobe.d/k8s.conf.
    [DscProperty()] [hashtable] $Parameters
    # A folder that holds the node's file system: only its files are read and written then.
    [DscProperty()] [string] $Root
    [DscProperty(NotConfigurable)] [string] $State
    [DscProperty(NotConfigurable)] [string] $BootSource
    [DscProperty(NotConfigurable)] [string] $Reason

    [KernelModule] Get() {
        $found = [K8sNetfilter.Dsc.DscObject]::Invoke('Get', 'KernelModule', $this.Instance())
        return [KernelModule] @{
            Name       = $this.Name
            Ensure     = if ($found['_exist']) { [Ensure]::Present } else { [Ensure]::Absent }
            Persist    = $found['persist']
            Path       = $this.Path
            Parameters = $found['parameters']
            Root       = $this.Root
            State      = $found['state']
            BootSource = $found['bootSource']
            Reason     = $found['reason']
        }
    }

    [bool] Test() {
        return [K8sNetfilter.Dsc.DscObject]::Invoke('Test', 'KernelModule', $this.Instance())['_inDesiredState']
    }

    [void] Set() {
        [void][K8sNetfilter.Dsc.DscObject]::Invoke('Set', 'KernelModule', $this.Instance())
    }

    hidden [hashtable] Instance() {
        return @{
            name = $this.Name; _exist = $this.Ensure -eq [Ensure]::Present; persist = $this.Persist; path = $this.Path
            parameters = $this.Parameters; root = $this.Root
        }
    }
}

# A kernel parameter's value: now and, with Persist, after the next boot.
[DscResource()]
class Sysctl {
    [DscProperty(Key)] [string] $Name
    [DscProperty(Mandatory)] [string] $Value
    # The next boot gives the same.
    [DscProperty()] [bool] $Persist
    # The sysctl.d(5) file that is to set it; /etc/sysctl.d/k8s.conf where none is given.
    [DscProperty()] [string] $Path
    # A folder that holds the node's file system: only its files are read and written then.
    [DscProperty()] [string] $Root
    [DscProperty(NotConfigurable)] [string] $BootValue
    [DscProperty(NotConfigurable)] [string] $BootSource
    [DscProperty(NotConfigurable)] [string] $Reason

    [Sysctl] Get() {
        $found = [K8sNetfilter.Dsc.DscObject]::Invoke('Get', 'Sysctl', $this.Instance())
        return [Sysctl] @{
            Name       = $this.Name
            Value      = $found['value']
            Persist    = $found['persist']
            Path       = $this.Path
            Root       = $this.Root
            BootValue  = $found['bootValue']
            BootSource = $found['bootSource']
            Reason     = $found['reason']
        }
    }

    [bool] Test() {
        return [K8sNetfilter.Dsc.DscObject]::Invoke('Test', 'Sysctl', $this.Instance())['_inDesiredState']
    }

    [void] Set() {
        [void][K8sNetfilter.Dsc.DscObject]::Invoke('Set', 'Sysctl', $this.Instance())
    }

    hidden [hashtable] Instance() {
        return @{ name = $this.Name; value = $this.Value; persist = $this.Persist; path = $this.Path; root = $this.Root }
    }
}

# All that a baseline requires of the node, now and after the next boot.
[DscResource()]
class NodeBaseline {
    # A shipped baseline, such as Kubernetes, or the path of a .json or .psd1 file.
    [DscProperty(Key)] [string] $Name
    # A folder that holds the node's file system: only its files are read and written then.
    [DscProperty()] [string] $Root
    # How the node stands to each requirement, as JSON.
    [DscProperty(NotConfigurable)] [string] $Findings

    [NodeBaseline] Get() {
        $found = [K8sNetfilter.Dsc.DscObject]::Invoke('Get', 'NodeBaseline', $this.Instance())
        return [NodeBaseline] @{ Name = $this.Name; Root = $this.Root; Findings = $found['findings'] }
    }

    [bool] Test() {
        return [K8sNetfilter.Dsc.DscObject]::Invoke('Test', 'NodeBaseline', $this.Instance())['_inDesiredState']
    }

    [void] Set() {
        [void][K8sNetfilter.Dsc.DscObject]::Invoke('Set', 'NodeBaseline', $this.Instance())
    }

    hidden [hashtable] Instance() {
        return @{ name = $this.Name; root = $this.Root }
    }
}
